"""Messages that are sent to a queue, and the function that takes them out again as fast as it may.

The messages are moto's own. What cannot be processed is seen again after a while, and given up by the queue's own rule.
Conditions: `sent` messages a turn, each `bad`-th of which fails its batch; `call_seconds` of one call; `all_fail`;
`uncounted`, while a queue that nobody uses is asleep.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from moto.awslambda.models import lambda_backends
from moto.sqs.models import Queue

from journal import clock
from sandbox.overlay import publish
from sandbox.overlay.cloud import Consumed, there
from sandbox.overlay.registry import simulator, where
from sandbox.overlay.services.consumed import BATCH, HIDDEN_SECONDS, MAPPINGS, queue, queues
from sandbox.overlay.stage import Stage
from sandbox.turns import turn_seconds

USUAL_SENT, USUAL_SECONDS, ENOUGH = 14, 0.5, 1000
GOOD, BAD = '{"kind": "message"}', '{"kind": "message", "body": null}'
STILL_COUNTED = 3
"""Of the age of the oldest message, one that was received more often does not count."""


@dataclass(kw_only=True)
class Done:
    """What became of a turn."""

    calls: int = 0
    errors: int = 0
    throttles: int = 0
    deleted: int = 0
    at_once: int = 0


@simulator
@where("consumed")
def consume(stage: Stage) -> None:
    """A turn: send, take out, and count as SQS and Lambda do."""
    own = there(stage.cloud.consumed)
    sent, bad = int(stage.condition("sent", USUAL_SENT)), int(stage.condition("bad", 0))
    for number in range(1, sent + 1):
        queues(stage).send_message(own.queue, BAD if bad and number % bad == 0 else GOOD)
    mapping = MAPPINGS[own.mapping]
    done = _process(stage, own, mapping.most) if mapping.on and mapping.settled else Done()
    if not stage.condition("uncounted"):
        _count(stage, own, sent, done)


def _process(stage: Stage, own: Consumed, most: int | None) -> Done:
    there_are = queue(stage, own.queue)
    function: Any = lambda_backends[stage.account][stage.region].get_function(own.function)
    reserved = ENOUGH if function.reserved_concurrency is None else int(function.reserved_concurrency)
    each = float(stage.condition("call_seconds", USUAL_SECONDS))
    wanted = -(-len(there_are.messages) // BATCH)
    able = max(1, int(min(reserved, most or ENOUGH) * turn_seconds() / each))
    done = Done(calls=min(wanted, able), throttles=int(wanted > able and reserved <= (most or ENOUGH)))
    done.at_once = min(reserved, most or ENOUGH) if wanted >= able else done.calls
    taken = queues(stage).receive_message(own.queue, done.calls * BATCH, 0, HIDDEN_SECONDS)
    for batch in (taken[at : at + BATCH] for at in range(0, len(taken), BATCH)):
        if stage.condition("all_fail") or any(one.body == BAD for one in batch):
            done.errors += 1
            continue
        for one in batch:
            queues(stage).delete_message(own.queue, str(one.receipt_handle))
            done.deleted += 1
    return done


def _count(stage: Stage, own: Consumed, sent: int, done: Done) -> None:
    for name in (own.queue, own.dead):
        found, of = queue(stage, name), {"QueueName": name}
        seen = len(found.messages)
        publish.metric(stage, "AWS/SQS", "ApproximateNumberOfMessagesVisible", seen, dimensions=of, unit="Count")
        publish.metric(stage, "AWS/SQS", "ApproximateAgeOfOldestMessage", oldest(found), dimensions=of, unit="Seconds")
    of = {"QueueName": own.queue}
    publish.metric(stage, "AWS/SQS", "NumberOfMessagesSent", sent, dimensions=of, unit="Count")
    publish.metric(stage, "AWS/SQS", "NumberOfMessagesDeleted", done.deleted, dimensions=of, unit="Count")
    if done.calls:
        of, each = {"FunctionName": own.function}, 1000 * float(stage.condition("call_seconds", USUAL_SECONDS))
        counts = {
            "Invocations": done.calls,
            "Errors": done.errors,
            "Throttles": done.throttles,
            "ConcurrentExecutions": done.at_once,
        }
        for metric, value in counts.items():
            publish.metric(stage, "AWS/Lambda", metric, value, dimensions=of, unit="Count")
        publish.metric(stage, "AWS/Lambda", "Duration", each, dimensions=of, unit="Milliseconds")


def oldest(found: Queue) -> float:
    """Seconds that the oldest message of a queue has waited, as SQS counts it."""
    counted = [
        one.sent_timestamp
        for one in found._messages  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] # those in flight as well
        if one.sent_timestamp is not None and one.approximate_receive_count <= STILL_COUNTED
    ]
    return max(0.0, clock.now().timestamp() - min(counted) / 1000) if counted else 0.0
