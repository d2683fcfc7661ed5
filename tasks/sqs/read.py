"""Looks at a queue: how many messages wait, how long the oldest has waited, and how fast they come and go.

The age of the oldest message is a metric of CloudWatch and no attribute of the queue (`rastup.c513` asks so).
How often a message was received shows only to whoever receives it, which counts as well: nobody receives one to look.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from statistics import median
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from blocks.aws import Aws, explain
from runbook import Facts, Permanent, look
from tasks.cloudwatch.dimensions import of_queue
from tasks.cloudwatch.read import Metrics, read_metrics

COUNTED = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed")
ATTRIBUTES = (*COUNTED, "RedrivePolicy")

STEPS = 3
"""Over so many periods it is told whether the age falls."""
SLOWLY = 0.05
"""Seconds by which an age falls in a second: less is no fall. Where nothing is taken it grows by one."""


class Queue(Facts):
    """One queue. `dead` is how many wait in its dead-letter queue; nothing where it has none.

    Of `counted`, whose names are `oldest` (s), `sent`, `deleted` and `dead`, nothing is known of a queue that
    sleeps: SQS counts nothing of one that nobody has used for six hours. Whatever asks for it raises `LookupError`.
    """

    name: str
    waiting: int
    in_flight: int
    delayed: int
    dead: int | None
    late_after: timedelta
    counted: Metrics

    @property
    def held(self) -> int:
        """All that are not deleted."""
        return self.waiting + self.in_flight + self.delayed

    @property
    def age(self) -> timedelta:
        """How long the oldest has waited. One that was received more than three times does not count, SQS says."""
        return timedelta(seconds=self.counted.latest("oldest"))

    @property
    def late(self) -> bool:
        """Whether one waits for longer than it should. What an empty queue is said to hold was there before."""
        return self.held > 0 and self.age > self.late_after

    @property
    def falls(self) -> bool:
        """Whether the oldest is younger than it was a few periods ago."""
        latest, values = self.counted.latest("oldest"), self._values("oldest", STEPS + 1)
        return (latest - values[-1 - STEPS]) / (STEPS * self.counted.period.total_seconds()) <= -SLOWLY

    @property
    def drains(self) -> bool:
        """Whether more was deleted than sent over the last few periods."""
        sums = self.counted.newest("sent", "deleted", among=("sent", "deleted"))
        return sums["deleted"] > sums["sent"]

    @property
    def surge(self) -> float:
        """How many times the middle period of the window was sent in its fullest."""
        values = self._values("sent", 2 * STEPS)
        if (middle := median(values)) <= 0:
            raise LookupError("usually nothing is sent, so nothing is so many times that")
        return max(values) / middle

    @property
    def died(self) -> int:
        """How many more are in the dead-letter queue than at the beginning of the window.

        Raises `LookupError` where there is no such queue: what cannot be processed then comes again for ever.
        """
        if self.dead is None:
            raise LookupError(f"{self.name} has no dead-letter queue, so nobody counts what cannot be processed")
        return 0 if self.dead == 0 else self.dead - int(self._values("dead", 2)[0])

    def _values(self, name: str, least: int) -> tuple[float, ...]:
        if not self.counted.has(name) or len(self.counted.series[name].values) < least:
            raise LookupError(f"CloudWatch has too few values of {name} to tell")
        return self.counted.series[name].values

    def figures(self) -> Mapping[str, tuple[float, str]]:
        return self.counted.figures()

    def __str__(self) -> str:
        dead = "" if self.dead is None else f", {self.dead} in its dead-letter queue"
        return (
            f"{self.name}: {self.waiting} wait, {self.in_flight} are in flight, {self.delayed} delayed{dead};"
            f" {self.counted}"
        )


@look(
    "sqs:GetQueueUrl",
    "sqs:GetQueueAttributes",
    *read_metrics.permissions,
    bound="two queues, four metrics; no message is received",
)
def read_queue(aws: Aws, queue: str, *, late_after: timedelta, window: timedelta, period: timedelta) -> Queue:
    """A queue by its name, with its dead-letter queue; `late_after` is how long a message may wait.

    Raises `Permanent` when it cannot be seen or nothing is counted of it.
    """
    own = attributes(aws, queue)
    dead = dead_letters_of(own)
    of, of_dead = of_queue(queue), of_queue(dead or "")
    oldest, label = "ApproximateAgeOfOldestMessage", "age of the oldest message"
    metrics = (
        of(name="oldest", metric=oldest, statistic="Maximum", unit="s", chart=label),
        of(name="sent", metric="NumberOfMessagesSent", statistic="Sum"),
        of(name="deleted", metric="NumberOfMessagesDeleted", statistic="Sum"),
        # What is moved there is not counted as sent to it.
        *([of_dead(name="dead", metric="ApproximateNumberOfMessagesVisible", statistic="Maximum")] if dead else []),
    )
    waiting, in_flight, delayed = (int(own[name]) for name in COUNTED)
    return Queue(
        name=queue,
        waiting=waiting,
        in_flight=in_flight,
        delayed=delayed,
        dead=int(attributes(aws, dead)[COUNTED[0]]) if dead else None,
        late_after=late_after,
        counted=read_metrics(aws, metrics, window=window, period=period),
    )


def attributes(aws: Aws, queue: str) -> dict[str, Any]:
    """What SQS says of a queue. Raises `Permanent` when it says no number of what is in it."""
    client = aws.reading("sqs")
    try:
        url = client.get_queue_url(QueueName=queue)["QueueUrl"]
        said: dict[str, Any] = client.get_queue_attributes(QueueUrl=url, AttributeNames=list(ATTRIBUTES)).get(
            "Attributes", {}
        )
    except (ClientError, BotoCoreError) as error:
        raise explain(error, f"read the queue {queue}") from error
    if missing := [name for name in COUNTED if not str(said.get(name, "")).isdigit()]:
        raise Permanent(f"SQS gave no {', '.join(missing)} of {queue}; that is unknown.")
    return said


def dead_letters_of(said: Mapping[str, Any]) -> str | None:
    """The name of the queue to which messages go that nobody could process; nothing where there is none."""
    policy = said.get("RedrivePolicy")
    return str(json.loads(policy)["deadLetterTargetArn"]).rpartition(":")[2] if policy else None
