"""Cloud Monitoring: what was measured, made into series by periods and across what is alike."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from journal import clock
from sandbox.google.monitoring_filter import parse
from sandbox.google.refused import Refused
from sandbox.google.server import Call, Cloud
from sandbox.google.shapes import moment, written

Work = Callable[[Sequence[float]], float]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _percentile(of: int) -> Work:
    return lambda values: sorted(values)[min(len(values) - 1, len(values) * of // 100)]


WORKS: Final[Mapping[str, Work]] = {
    "MEAN": _mean,
    "SUM": sum,
    "MAX": max,
    "MIN": min,
    "DELTA": sum,
    "PERCENTILE_95": _percentile(95),
    "PERCENTILE_99": _percentile(99),
}
"""How several values become one. What is measured are differences, so that a delta is their sum."""

SHORTEST: Final = timedelta(seconds=60)


@dataclass(kw_only=True)
class Stream:
    """What one thing has measured: a metric, with the labels that say of what. Moments are the ends of samples.

    `labels` are those of the resource, and `kind` those of the metric itself. Of a distribution `spread` holds each
    value that was seen; a delta leaves them apart, so that a percentile across streams is one of all of them.
    """

    metric: str
    resource: str
    labels: dict[str, str] = field(default_factory=dict[str, str])
    kind: dict[str, str] = field(default_factory=dict[str, str])
    points: dict[datetime, float] = field(default_factory=dict[datetime, float])
    spread: dict[datetime, list[float]] = field(default_factory=dict[datetime, list[float]])

    def told(self) -> dict[str, Any]:
        kind = {"labels": self.kind} if self.kind else {}
        return {"metric": {"type": self.metric, **kind}, "resource": {"type": self.resource, "labels": self.labels}}


@dataclass(kw_only=True)
class Monitoring:
    """The streams of a project. What is younger than `late` is not shown yet; `missing` is why a part is not told."""

    cloud: Cloud
    streams: list[Stream] = field(default_factory=list[Stream])
    late: timedelta = timedelta(0)
    missing: str = ""

    def __post_init__(self) -> None:
        self.cloud.handlers["monitoring.projects.timeSeries.list"] = self._list

    def _list(self, call: Call) -> dict[str, Any]:
        asked = call.query
        begin, end = _interval(asked)
        period = timedelta(seconds=float(asked.get("aggregation.alignmentPeriod", "0s").removesuffix("s")))
        align = _work(asked, "aggregation.perSeriesAligner", "ALIGN_")
        reduce = _work(asked, "aggregation.crossSeriesReducer", "REDUCE_")
        if period < SHORTEST:
            raise Refused(400, "The alignment period is at least 60s.", field="aggregation.alignmentPeriod")
        matches = parse(asked.get("filter", ""))
        upto = min(end, clock.now() - self.late)
        aligned: defaultdict[datetime, list[float]] = defaultdict(list)
        found = [one for one in self.streams if matches(one.told())]
        for stream in found:
            for at, values in _aligned(stream, begin, end, period, align).items():
                if at <= upto:
                    aligned[at] += values
        points = [_point(at, reduce(values)) for at, values in sorted(aligned.items(), reverse=True)]
        series = {"metric": {"type": found[0].metric}, "resource": {"type": found[0].resource}} if found else {}
        kinds = {"metricKind": "GAUGE", "valueType": "DOUBLE"}
        told = {"timeSeries": [{**series, **kinds, "points": points}]} if points else {}
        errors = {"executionErrors": [{"code": 14, "message": self.missing}]} if self.missing else {}
        return {**told, **errors, "unit": "1"}


def _interval(asked: Mapping[str, str]) -> tuple[datetime, datetime]:
    end = moment(asked.get("interval.endTime", ""))
    begin = moment(asked.get("interval.startTime", "")) or end
    if end is None or begin is None or begin > end:
        raise Refused(400, "The interval has an end, and begins no later.", field="interval")
    return begin, end


def _work(asked: Mapping[str, str], name: str, prefix: str) -> Work:
    word = asked.get(name, f"{prefix}NONE").removeprefix(prefix)
    if (found := WORKS.get(word)) is None:
        raise Refused(501, f"{prefix}{word} is not served here.")
    return found


def _aligned(
    stream: Stream, begin: datetime, end: datetime, period: timedelta, work: Work
) -> dict[datetime, list[float]]:
    """Values by the end of their period; periods are counted back from the end that was asked for."""
    by_end: defaultdict[datetime, list[float]] = defaultdict(list)
    for at, values in (*((at, [value]) for at, value in stream.points.items()), *stream.spread.items()):
        if begin < at <= end:
            by_end[end - (end - at) // period * period] += values
    if stream.spread and work is WORKS["DELTA"]:
        return by_end
    return {at: [work(values)] for at, values in by_end.items()}


def _point(at: datetime, value: float) -> dict[str, Any]:
    end = written(at.astimezone(UTC))
    return {"interval": {"startTime": end, "endTime": end}, "value": {"doubleValue": value}}
