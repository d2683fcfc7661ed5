"""What `rastup.message_delivery_delays` asks: its form, and the probes that queue, function and logs answer."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field

from blocks.rastup import Rastup
from flows.forms import Period, WindowForm
from flows.parts.awslambda.function import calls_of
from runbook import Context, probe
from tasks.awslambda.mapping import Mapping, read_mapping
from tasks.cloudwatch.dimensions import of_function
from tasks.cloudwatch.read import Metrics, read_metrics
from tasks.logs.read import Events, Kind, read_events
from tasks.selections import FunctionOf, MappingOf
from tasks.sqs.read import Queue, read_queue

KINDS = (
    Kind(name="timeout", pattern=r"(?i)timed? ?out|deadline"),
    Kind(name="refused", pattern=r"(?i)refused|unreachable|ECONN"),
    Kind(name="limited", pattern=r"\b429\b|(?i:rate limit|throttl)"),
    Kind(name="error", pattern=r"(?i)error|exception"),
)
"""What is counted of the notification service's log; the lines, which hold people's messages, stay there."""


class Params(WindowForm):
    environment: str = Field(default="rastup-prod", min_length=1, description="Saved environment to work on.")
    window: timedelta = Field(
        default=timedelta(minutes=30),
        ge=timedelta(seconds=1),
        le=timedelta(days=1),
        description="How far back to look.",
    )
    period: Period = timedelta(minutes=1)
    late_after: timedelta = Field(
        default=timedelta(minutes=5), ge=timedelta(seconds=1), description="A message that waits for longer is late."
    )
    slow_after: timedelta = Field(
        default=timedelta(seconds=10),
        ge=timedelta(milliseconds=1),
        description="A call of the processor that takes longer is slow; half as long is usual.",
    )


Here = Context[Rastup, Params]


def function(c: Here) -> FunctionOf:
    """The processor."""
    return FunctionOf(function=c.env.message_processor)


def mapped(c: Here) -> MappingOf:
    """What feeds the queue to it."""
    return MappingOf(function=c.env.message_processor, queue=c.env.message_queue)


@probe(
    read_queue,
    asks="How many messages wait, how long has the oldest waited, and how many are sent and deleted?",
    source="rastup.c513 rastup.t514 rastup.c518 rastup.t518",
    timeout=timedelta(seconds=15),
)
def queue(c: Here) -> Queue:
    """The metric for the age, which is no attribute (`rastup.c513`), and SQS's own count in place of a script's."""
    window = c.back(c.params.window)
    return read_queue(
        c.env.aws, c.env.message_queue, late_after=c.params.late_after, window=window, period=c.params.period
    )


class Called(Metrics):
    """What Lambda counts of the processor, and from when on one of its calls is slow."""

    slow_after: timedelta

    @property
    def slow(self) -> float:
        """How long a call takes, as a share of that."""
        sums = self.newest("duration", "invocations", among=("invocations",))
        return timedelta(milliseconds=sums["duration"] / sums["invocations"]) / self.slow_after


@probe(
    read_metrics,
    asks="How often is the processor called, how long does that take, and is it let?",
    source="devised",
    about=function,
)
def calls(c: Here, of: FunctionOf) -> Called:
    duration = of_function(of.function)(name="duration", metric="Duration", statistic="Sum", unit="ms")
    seen = read_metrics(
        c.env.aws, (*calls_of(of.function), duration), window=c.back(c.params.window), period=c.params.period
    )
    return Called(series=seen.series, asked_at=seen.asked_at, period=seen.period, slow_after=c.params.slow_after)


@probe(read_mapping, asks="Does the queue feed the processor?", source="devised", about=mapped)
def mapping(c: Here, of: MappingOf) -> Mapping:
    return read_mapping(c.env.aws, of.function, of.queue)


@probe(
    read_events,
    asks="What kinds of errors does the notification service log?",
    source="rastup.c521 rastup.t521",
    timeout=timedelta(seconds=30),
)
def errors(c: Here) -> Events:
    """Bounded and counted, in place of a tail that never ends."""
    log = c.env.notification_log
    return read_events(c.env.aws, log, pattern="?ERROR ?Error", window=c.back(c.params.window), kinds=KINDS)
