"""From stored values to datapoints: which belong to a series, into which period each falls, one statistic of each."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from moto.cloudwatch.models import MetricAggregatedDatum, MetricDatum, MetricDatumBase

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

    stored: Sequence[MetricDatumBase]
    namespace: str
    name: str
    dimensions: Mapping[str, str]
    unit: str | None

    def holds(self, datum: MetricDatumBase) -> bool:
        """Whether a stored value belongs to this series."""
        return (
            datum.namespace == self.namespace
            and datum.name == self.name
            and {str(one.name): str(one.value) for one in datum.dimensions} == dict(self.dimensions)
            and self.unit in (None, datum.unit or "None")
        )


def is_statistic(name: str) -> bool:
    """Whether the sandbox can compute it."""
    return name in PLAIN or PERCENTILE.fullmatch(name) is not None


def points(series: Series, *, start: datetime, end: datetime, period: int, statistic: str) -> list[Point]:
    """Datapoints of `period` seconds from `start` (rounded down as CloudWatch does) to before `end`, oldest first."""
    first, last, step = _round_down(_aware(start), period), _aware(end), timedelta(seconds=period)
    periods: defaultdict[datetime, list[MetricDatumBase]] = defaultdict(list)
    for datum in series.stored:
        if datum.name != series.name:
            continue  # asked first because it is cheap: a world that has lived for long has stored very much
        at = _aware(datum.timestamp)
        if first <= at < last and series.holds(datum):
            periods[first + ((at - first) // step) * step].append(datum)
    found: list[Point] = []
    for at, data in sorted(periods.items()):
        value = _compute(data, statistic)
        if value is not None:
            found.append(Point(at=at, value=value, unit=data[0].unit or "None"))
    return found


def _compute(data: Sequence[MetricDatumBase], statistic: str) -> float | None:
    singles = [datum.value for datum in data if isinstance(datum, MetricDatum)]
    sets = [datum for datum in data if isinstance(datum, MetricAggregatedDatum)]
    count = len(singles) + sum(one.sample_count for one in sets)
    if not count:
        return None
    total = sum(singles) + sum(one.sum for one in sets)
    if statistic in PLAIN:
        return {
            "SampleCount": count,
            "Sum": total,
            "Average": total / count,
            "Minimum": min([*singles, *(one.min for one in sets)]),
            "Maximum": max([*singles, *(one.max for one in sets)]),
        }[statistic]
    # A statistic set has lost its values: only one of a single value still has a percentile.
    if any(one.min != one.max for one in sets):
        return None
    values = sorted([*singles, *(one.min for one in sets for _ in range(int(one.sample_count)))])
    return percentile(values, float(statistic[1:]))


def percentile(ordered: Sequence[float], share: float) -> float | None:
    """The value below which `share` percent of the ordered values lie, interpolated between neighbours."""
    if not ordered:
        return None
    position = (len(ordered) - 1) * share / 100
    below = int(position)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (position - below)


def _round_down(at: datetime, period: int) -> datetime:
    # To the minute for whole-minute periods, else to the period.
    unit = min(60, period)
    return datetime.fromtimestamp(at.timestamp() // unit * unit, tz=UTC)


def _aware(at: datetime) -> datetime:
    return at if at.tzinfo else at.replace(tzinfo=UTC)
