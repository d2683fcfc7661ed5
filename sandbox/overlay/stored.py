"""The values of metrics, kept so that a look at one metric touches no other: a world that has lived has very many.

Put in the place of moto's list, which is only appended to and read as a whole. What simulators publish stays plain
numbers, and becomes moto's data only where moto asks for them.
"""

from __future__ import annotations

import calendar
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import NamedTuple, cast

from moto.cloudwatch.models import MetricAggregatedDatum, MetricDatum, MetricDatumBase, cloudwatch_backends

from sandbox.overlay.stage import Stage

KEPT = 50_000
"""Values of one metric, of which the oldest minutes go first: a busy metric must not cost a quiet one its past."""

MINUTE = 60


class Metric(NamedTuple):
    """What values are of. CloudWatch matches dimensions exactly."""

    namespace: str
    name: str
    dimensions: frozenset[tuple[str, str]] = frozenset()


class Kept(NamedTuple):
    """Values of one moment, which is in Unix time; or a statistic set, which has lost its values."""

    at: float
    unit: str
    values: tuple[float, ...]
    whole: MetricAggregatedDatum | None = None

    @property
    def many(self) -> int:
        """How many are kept: a statistic set is one."""
        return len(self.values) if self.whole is None else 1

    def data(self, metric: Metric) -> Iterator[MetricDatumBase]:
        """As moto has them."""
        if self.whole is not None:
            yield cast("MetricDatumBase", self.whole)
        at = datetime.fromtimestamp(self.at, UTC).replace(tzinfo=None)
        named = [{"Name": name, "Value": value} for name, value in sorted(metric.dimensions)]
        for value in self.values:
            datum = MetricDatum(metric.namespace, metric.name, value, named, at, self.unit)
            yield cast("MetricDatumBase", datum)  # moto's metaclass hides the type from the checker


class Stored:
    """Values by minute, and in each by what they are values of."""

    def __init__(self, values: Iterable[MetricDatumBase] = ()) -> None:
        self._minutes: defaultdict[int, defaultdict[Metric, list[Kept]]] = defaultdict(_no_values)
        self._counts: Counter[Metric] = Counter()
        """How many values of each metric there are."""
        self.whole = threading.RLock()
        """Held while something is changed or read; and by who changes several things that are to be seen as one."""
        for value in values:
            self.append(value)

    def append(self, value: MetricDatumBase) -> None:
        """Keep one more; what moto calls."""
        dimensions = {str(one.name): str(one.value) for one in value.dimensions}
        metric, at, unit = (
            metric_of(value.namespace, value.name, dimensions),
            unix(value.timestamp),
            value.unit or "None",
        )
        if isinstance(value, MetricAggregatedDatum):
            self._keep(metric, Kept(at, unit, (), value))
        else:
            self._keep(metric, Kept(at, unit, (float(cast("MetricDatum", value).value),)))

    def add(self, metric: Metric, at: float, values: Iterable[float], unit: str) -> None:
        """Keep more of one metric, all of one moment."""
        self._keep(metric, Kept(at, unit, tuple(values)))

    def _keep(self, metric: Metric, kept: Kept) -> None:
        if not kept.many:
            return
        minute = int(kept.at // MINUTE)
        with self.whole:
            self._minutes[minute][metric].append(kept)
            self._counts[metric] += kept.many
            if self._counts[metric] > KEPT:
                self._drop_oldest(metric)

    def _drop_oldest(self, metric: Metric) -> None:
        """Let minutes of a metric go until it has few enough, and never the newest."""
        for minute in sorted(one for one in self._minutes if metric in self._minutes[one])[:-1]:
            self._take_away(minute, metric, lambda _: False)
            if self._counts[metric] <= KEPT:
                return

    def __len__(self) -> int:
        """How many there are."""
        return self._counts.total()

    def __iter__(self) -> Iterator[MetricDatumBase]:
        """All, the oldest minute first."""
        with self.whole:
            minutes = [of for _, of in sorted(self._minutes.items())]
            all_of_them = [(metric, list(kept)) for of in minutes for metric, kept in of.items()]
        for metric, kept in all_of_them:
            for one in kept:
                yield from one.data(metric)

    def __add__(self, more: list[MetricDatumBase]) -> list[MetricDatumBase]:
        """All, and those that moto works out itself."""
        return [*self, *more]

    def of(self, metric: Metric, *, start: float, end: float) -> Iterator[Kept]:
        """Those of one metric from `start` to before `end`, both in Unix time."""
        with self.whole:
            return iter(list(self._between(metric, start, end)))

    def _between(self, metric: Metric, start: float, end: float) -> Iterator[Kept]:
        first, last = int(start // MINUTE), int(end // MINUTE)
        few = last - first < len(self._minutes)
        for minute in range(first, last + 1) if few else sorted(self._minutes):
            if first <= minute <= last:
                kept = self._minutes[minute].get(metric, ()) if minute in self._minutes else ()
                yield from kept if first < minute < last else (one for one in kept if start <= one.at < end)

    def drop(self, metric: Metric) -> None:
        """Take away all values of one metric."""
        with self.whole:
            for minute in list(self._minutes):
                self._take_away(minute, metric, lambda _: False)

    def forget(self, since: float) -> None:
        """Take away what is from then on."""
        with self.whole:
            for minute in [one for one in self._minutes if one >= since // MINUTE]:
                for metric in list(self._minutes[minute]):
                    self._take_away(minute, metric, lambda one: one.at < since)

    def _take_away(self, minute: int, metric: Metric, stays: Callable[[Kept], bool]) -> None:
        """Leave of one metric, in one minute, only what stays."""
        before = self._minutes[minute].pop(metric, [])
        if left := [one for one in before if stays(one)]:
            self._minutes[minute][metric] = left
        self._counts[metric] -= sum(one.many for one in before) - sum(one.many for one in left)
        if not self._minutes[minute]:
            del self._minutes[minute]


def _no_values() -> defaultdict[Metric, list[Kept]]:
    return defaultdict(list)


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
