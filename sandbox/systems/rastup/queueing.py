"""What can go wrong between the queue of messages and its processor, and what people do about it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from journal import clock
from sandbox.errors import FaultHasNoEffect
from sandbox.overlay.services.consumed import queue, queues
from sandbox.overlay.simulators.consumer import GOOD, oldest
from sandbox.process import wait_until
from sandbox.systems.rastup.cloud import CONSUMED
from sandbox.systems.rastup.fault import Fault
from sandbox.systems.rastup.parts import Parts

FEW: Final = 2
LATE, LIVED, WITHIN = 3.0, 4.0, 40.0
"""Seconds: how long a message may wait in practice, how long all goes well before, and by when one must be late."""
SEEN = 8
"""Turns over which it is told whether the wait gets shorter."""

Conditions = Mapping[str, Any]
USUAL: Final[Conditions] = dict.fromkeys(("sent", "bad", "call_seconds", "all_fail", "uncounted"))


@dataclass(kw_only=True)
class Queueing(Fault):
    """All goes well for a while; then messages begin to wait. Whoever waits for them complains.

    After `lasts` seconds as many messages are sent as usual again; where it is nothing, what is so stays.
    """

    lasts: float = 0.0
    until_shorter: bool = False
    """Whether it is told only once the wait gets shorter."""
    waits: deque[float] = field(default_factory=lambda: deque[float](maxlen=SEEN))

    def conditions(self) -> Conditions:
        """What is so while it is broken."""
        return {}

    def spoil(self, parts: Parts) -> None:
        """What somebody did in AWS."""

    def afterwards(self, parts: Parts) -> None:
        """What happens once messages are late."""

    def start(self, parts: Parts) -> None:
        """Let production live well, break it, and let it go on until messages are late."""
        clock.sleep(LIVED)
        self.spoil(parts)
        parts.aws.set_conditions(self.conditions())
        if self.lasts:
            clock.sleep(self.lasts)
            parts.aws.set_conditions(USUAL)

        def told() -> bool:
            return wait_of(parts) > LATE + 1 and self.shorter is self.until_shorter

        wait_until(told, seconds=WITHIN, failing=lambda: FaultHasNoEffect("No message became late."), every=0.5)
        self.afterwards(parts)

    def live(self, parts: Parts) -> None:
        """Look how long the oldest waits."""
        self.waits.append(wait_of(parts))

    @property
    def shorter(self) -> bool:
        """Whether the wait gets shorter."""
        return len(self.waits) == SEEN and self.waits[-1] < self.waits[0]

    def complaints(self, parts: Parts) -> Iterable[str]:
        """Who waits, and sees no end of it."""
        if wait_of(parts) > LATE and not self.shorter:
            yield "messages come late"

    def heal(self, parts: Parts) -> None:
        """As ever; the queue and its function are put back by the world."""
        parts.aws.set_conditions(USUAL)


def wait_of(parts: Parts) -> float:
    """Seconds that the oldest message has waited."""
    return oldest(queue(parts.account.stage, CONSUMED.queue))


def client(parts: Parts, service: str) -> Any:
    """AWS, as whoever may do all there."""
    return parts.aws.facts.client(service)


def reserve(parts: Parts, executions: int) -> None:
    """Give the processor a ceiling."""
    of = {"FunctionName": CONSUMED.function}
    client(parts, "lambda").put_function_concurrency(**of, ReservedConcurrentExecutions=executions)


def switch(parts: Parts, *, on: bool) -> None:
    """Switch on or off what feeds the queue to the processor."""
    client(parts, "lambda").update_event_source_mapping(UUID=CONSUMED.mapping, Enabled=on)


def delay(parts: Parts, *, seconds: int) -> None:
    """Let the queue hold back what is sent."""
    sqs = client(parts, "sqs")
    url = sqs.get_queue_url(QueueName=CONSUMED.queue)["QueueUrl"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"DelaySeconds": str(seconds)})


def empty(parts: Parts) -> None:
    """Take everything out; nobody sends anything any more, so nothing more is counted."""
    parts.aws.set_conditions({"sent": 0, "uncounted": True})
    sqs = client(parts, "sqs")
    sqs.purge_queue(QueueUrl=sqs.get_queue_url(QueueName=CONSUMED.queue)["QueueUrl"])


def give_up(parts: Parts, *, messages: int) -> None:
    """Put messages into the dead-letter queue, and let CloudWatch count them for a while."""
    for _ in range(messages):
        queues(parts.account.stage).send_message(CONSUMED.dead, GOOD)
