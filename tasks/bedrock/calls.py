"""How the calls of the models fared: what Bedrock counts, and what only the caller can know.

Bedrock counts a throttled call neither as an invocation nor as an error, so what was tried is the sum of the four. A
call that never reached it is in no metric at all: only the caller's log has it. While the caller is seen at work in its
own metric, a period without a value of Bedrock is a zero; else it is unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from runbook import Facts, Permanent
from tasks.cloudwatch.dimensions import of_function, of_model
from tasks.cloudwatch.read import Metric, Metrics
from tasks.logs.read import AT_THE_DOOR, Events, Kind

BY_FATE = {
    "served": "Invocations",
    "throttled": "InvocationThrottles",
    "refused": "InvocationClientErrors",
    "failed": "InvocationServerErrors",
}
"""CloudWatch's names; ThrottledCount, which the old page asks for, does not exist (`rung.c261`)."""

LEAST = 4
"""Of fewer calls, one that brings nothing is neither a rate nor chance."""

RECENT = 2
"""Periods that count as now: the newest may have just begun."""

UNREACHED, LATE, TURNED_BACK = "unreached", "late", "turned back"
PATTERN = '?bedrock ?Bedrock ?InvokeModel ?"Converse operation"'
KINDS = (
    Kind(name=TURNED_BACK, pattern=AT_THE_DOOR),
    Kind(name="throttled", pattern=r"ThrottlingException|Too many requests|TooManyRequests"),
    Kind(name="denied elsewhere", pattern=r"VPC endpoint policy|service control policy|resource-based policy|boundary"),
    Kind(name="denied", pattern=r"AccessDenied|not authorized"),
    Kind(name="gone", pattern=r"ResourceNotFoundException|end of its life|on-demand throughput isn"),
    Kind(name=UNREACHED, pattern=r"Connect timeout|ConnectTimeout|EndpointConnection|Could not connect|ETIMEDOUT"),
    Kind(name=LATE, pattern=r"Read timeout|ReadTimeout|socket hang up"),
    Kind(name="unwell", pattern=r"ServiceUnavailable|InternalServer|ModelNotReady|ModelErrorException|ModelTimeout"),
)
"""What a caller's log tells of calls that failed."""


class Calls(Facts):
    """Calls of the models in the newest periods, by what became of them, and the highest rate in the window.

    `refused` are errors of the caller's making (InvocationClientErrors), `failed` Bedrock's own. `late` were answered
    when nobody waited any more, `unreached` never arrived, `turned_back` bore a signature or token that AWS refused:
    of these three only the caller knows. `latency` is the P95 of the answers in ms. `peak` is calls a minute that
    reached Bedrock. `seconds` is how far back the counts go.
    """

    served: float
    throttled: float
    refused: float
    failed: float
    unreached: int
    late: int
    turned_back: int = 0
    latency: float | None
    peak: float
    seconds: float

    @property
    def lost(self) -> float:
        return self.throttled + self.refused + self.failed + self.unreached + self.late + self.turned_back

    @property
    def share_lost(self) -> float:
        """Share of the calls that brought nothing. Raises `LookupError` when hardly anybody called: that is unknown."""
        if (tried := self.served + self.lost - self.late) < LEAST:
            few = f"a model was called only {tried:g} times" if tried else "no model was called"
            raise LookupError(f"{few} in the last {self.seconds:g} s")
        return min(1.0, self.lost / tried)

    def part(self, count: float) -> float:
        """A count as a share of the calls that brought nothing; 0 when all brought something."""
        return count / self.lost if self.lost else 0.0

    def figures(self) -> Mapping[str, tuple[float, str]]:
        return {"calls that bring nothing": (100 * self.share_lost, "%")}

    def __str__(self) -> str:
        took = "" if self.latency is None else f" (P95 {self.latency / 1000:.1f} s)"
        return (
            f"in the last {self.seconds:g} s {self.served:.0f} calls answered{took}, {self.late} of them too late,"
            f" {self.throttled:.0f} throttled, {self.refused:.0f} refused, {self.failed:.0f} failed in Bedrock,"
            f" {self.unreached} never reached it, {self.turned_back} turned back at its door;"
            f" at most {self.peak:.0f} calls a minute"
        )


def wanted(models: tuple[str, ...], caller: str) -> tuple[Metric, ...]:
    """The metrics of these models, and of the Lambda function that calls them."""
    at_work = of_function(caller)(name="requests", metric="Invocations", statistic="Sum")
    latencies = (
        of_model(model)(name=f"latency {model}", metric="InvocationLatency", statistic="p95", unit="ms")
        for model in models
    )
    return (
        at_work,
        *latencies,
        *(
            of_model(model)(name=f"{fate} {model}", metric=metric, statistic="Sum", zero_beside="requests")
            for model in models
            for fate, metric in BY_FATE.items()
        ),
    )


def counted(metrics: Metrics, recent: Events, models: tuple[str, ...]) -> Calls:
    """Metrics and the caller's log as one account of the calls.

    Raises `Permanent` when the caller was not seen at work, so that nothing is known of its calls.
    """
    try:
        metrics.latest("requests")
    except LookupError as silent:
        raise Permanent(f"The caller was not seen at work ({silent}), so that it made no calls says nothing.") from None

    def newest(fate: str) -> float:
        return sum(sum(metrics.series[f"{fate} {model}"].values[-RECENT:]) for model in models)

    minutes = metrics.period / timedelta(minutes=1)
    every = [metrics.series[f"{fate} {model}"] for fate in BY_FATE for model in models]
    moments = {at for one in every for at in one.at}
    tried = {at: sum(dict(zip(one.at, one.values, strict=True)).get(at, 0.0) for one in every) for at in moments}
    return Calls(
        served=newest("served"),
        throttled=newest("throttled"),
        refused=newest("refused"),
        failed=newest("failed"),
        unreached=recent.of(UNREACHED),
        late=recent.of(LATE),
        turned_back=recent.of(TURNED_BACK),
        latency=max((metrics.latest(f"latency {one}") for one in models if _is_now(metrics, one)), default=None),
        peak=max(tried.values(), default=0.0) / minutes,
        seconds=(metrics.period * RECENT).total_seconds(),
    )


def _is_now(metrics: Metrics, model: str) -> bool:
    """Whether a model has answered lately: one that nobody calls has no latency, and that is no fault."""
    name = f"latency {model}"
    return metrics.has(name) and metrics.asked_at - metrics.series[name].at[-1] <= metrics.period * (RECENT + 1)
