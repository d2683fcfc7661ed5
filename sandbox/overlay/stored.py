"""The values of metrics, kept so that a look at one metric touches no other: a world that has lived has very many.

Put in the place of moto's list, which is only appended to and read as a whole.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from moto.cloudwatch.models import MetricDatumBase, cloudwatch_backends

from sandbox.overlay.stage import Stage

KEPT = 50_000
"""Values, of which the oldest go first."""

MINUTE = 60


class Metric(NamedTuple):
    """What values are of. CloudWatch matches dimensions exactly."""

    namespace: str
    name: str
    dimensions: frozenset[tuple[str, str]] = frozenset()


class Kept(NamedTuple):
    """A value, and its moment in Unix time."""

    at: float
    value: MetricDatumBase


class Stored:
    """Values by minute, and in each by what they are values of."""

    def __init__(self, values: Iterable[MetricDatumBase] = ()) -> None:
        self._minutes: dict[int, dict[Metric, list[Kept]]] = {}
        self._count = 0
        for value in values:
            self.append(value)

    def append(self, value: MetricDatumBase) -> None:
        """Keep one more; what moto calls."""
        dimensions = {str(one.name): str(one.value) for one in value.dimensions}
        self.add(metric_of(value.namespace, value.name, dimensions), unix(value.timestamp), [value])

    def add(self, metric: Metric, at: float, values: Iterable[MetricDatumBase]) -> None:
        """Keep more of one metric, all of one moment."""
        kept = self._minutes.setdefault(int(at // MINUTE), {}).setdefault(metric, [])
        before = len(kept)
        kept += [Kept(at, value) for value in values]
        self._count += len(kept) - before
        while self._count > KEPT and len(self._minutes) > 1:
            self._count -= sum(map(len, self._minutes.pop(min(self._minutes)).values()))

    def __len__(self) -> int:
        """How many there are."""
        return self._count

    def __iter__(self) -> Iterator[MetricDatumBase]:
        """All, the oldest minute first."""
        for _, metrics in sorted(self._minutes.items()):
            for kept in list(metrics.values()):
                yield from (one.value for one in kept)

    def __add__(self, more: list[MetricDatumBase]) -> list[MetricDatumBase]:
        """All, and those that moto works out itself."""
        return [*self, *more]

    def of(self, metric: Metric, *, start: float, end: float) -> Iterator[Kept]:
        """Those of one metric from `start` to before `end`, both in Unix time."""
        first, last = int(start // MINUTE), int(end // MINUTE)
        few = last - first < len(self._minutes)
        for minute in range(first, last + 1) if few else sorted(self._minutes):
            if first <= minute <= last:
                kept = self._minutes.get(minute, {}).get(metric, ())
                yield from kept if first < minute < last else (one for one in kept if start <= one.at < end)

    def drop(self, metric: Metric) -> None:
        """Take away all values of one metric."""
        for metrics in self._minutes.values():
            self._count -= len(metrics.pop(metric, ()))

    def forget(self, since: float) -> None:
        """Take away what is from then on."""
        for minute in [one for one in self._minutes if one >= since // MINUTE]:
            before = self._minutes[minute]
            left = {metric: [one for one in kept if one.at < since] for metric, kept in before.items()}
            self._count -= sum(map(len, before.values())) - sum(map(len, left.values()))
            self._minutes[minute] = left


def metric_of(namespace: str, name: str, dimensions: Mapping[str, str]) -> Metric:
    """A metric by its dimensions."""
    return Metric(namespace, name, frozenset(dimensions.items()))


def stored(stage: Stage, region: str | None = None) -> Stored:
    """The values of a region, the stage's own by default."""
    backend = cloudwatch_backends[stage.account][region or stage.region]
    there: object = backend.metric_data
    if isinstance(there, Stored):
        return there
    made = Stored(backend.metric_data)
    backend.metric_data = made  # type: ignore[assignment] # it does all that moto asks
    return made


def unix(at: datetime) -> float:
    """Unix time; moto's moments without a zone are in UTC."""
    naive = at if at.tzinfo is None else at.astimezone(UTC)
    return calendar.timegm(naive.timetuple()) + naive.microsecond / 1e6
