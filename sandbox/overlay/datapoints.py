"""From stored values to datapoints: which belong to a series, into which period each falls, one statistic of each."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from moto.cloudwatch.models import MetricAggregatedDatum, MetricDatumBase

from sandbox.overlay.stored import Kept, Stored, metric_of, unix

PLAIN = frozenset({"SampleCount", "Average", "Sum", "Minimum", "Maximum"})
PERCENTILE = re.compile(r"p(\d{1,2}(?:\.\d{1,10})?|100)")


@dataclass(frozen=True, kw_only=True)
class Point:
    """One datapoint, stamped with the beginning of its period."""

    at: datetime
    value: float
    unit: str


@dataclass(frozen=True, kw_only=True)
class Series:
    """Which of the stored values to look at. CloudWatch matches dimensions exactly: none asked means none stored."""

    stored: Stored
    counted: Sequence[MetricDatumBase] = ()
    """Values that moto works out when it is asked."""
    namespace: str
    name: str
    dimensions: Mapping[str, str]
    unit: str | None
    until: datetime | None = None
    """After it nothing can be read yet."""

    def between(self, start: float, end: float) -> Iterator[Kept]:
        """Its values from `start` to before `end`, both in Unix time."""
        metric = metric_of(self.namespace, self.name, self.dimensions)
        end = end if self.until is None else min(end, unix(self.until))
        counted = Stored(self.counted).of(metric, start=start, end=end) if self.counted else ()
        for kept in (*self.stored.of(metric, start=start, end=end), *counted):
            if self.unit is None or self.unit == kept.unit:
                yield kept


def is_statistic(name: str) -> bool:
    """Whether the sandbox can compute it."""
    return name in PLAIN or PERCENTILE.fullmatch(name) is not None


def points(series: Series, *, start: datetime, end: datetime, period: int, statistic: str) -> list[Point]:
    """Datapoints of `period` seconds from `start` (rounded down as CloudWatch does) to before `end`, oldest first."""
    first, last = _round_down(unix(start), period), unix(end)
    periods: defaultdict[float, list[Kept]] = defaultdict(list)
    for kept in series.between(first, last):
        periods[first + (kept.at - first) // period * period].append(kept)
    found: list[Point] = []
    for at, data in sorted(periods.items()):
        value = _compute(data, statistic)
        if value is not None:
            moment = datetime.fromtimestamp(at, UTC)
            found.append(Point(at=moment, value=value, unit=data[0].unit))
    return found


def _compute(data: Sequence[Kept], statistic: str) -> float | None:
    singles = [value for kept in data for value in kept.values]
    sets = [kept.whole for kept in data if kept.whole is not None]
    count = len(singles) + sum(one.sample_count for one in sets)
    if not count:
        return None
    match statistic:
        case "SampleCount":
            return count
        case "Minimum":
            return min([*singles, *(one.min for one in sets)])
        case "Maximum":
            return max([*singles, *(one.max for one in sets)])
        case "Sum" | "Average":
            total = sum(singles) + sum(one.sum for one in sets)
            return total if statistic == "Sum" else total / count
        case _:
            return _percentile_of(singles, sets, float(statistic[1:]))


def _percentile_of(singles: list[float], sets: list[MetricAggregatedDatum], share: float) -> float | None:
    # A statistic set has lost its values: only one of a single value still has a percentile.
    if any(one.min != one.max for one in sets):
        return None
    values = sorted([*singles, *(one.min for one in sets for _ in range(int(one.sample_count)))])
    return percentile(values, share)


def percentile(ordered: Sequence[float], share: float) -> float | None:
    """The value below which `share` percent of the ordered values lie, interpolated between neighbours."""
    if not ordered:
        return None
    position = (len(ordered) - 1) * share / 100
    below = int(position)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (position - below)


def _round_down(at: float, period: int) -> float:
    # To the minute for whole-minute periods, else to the period.
    unit = min(60, period)
    return at // unit * unit
