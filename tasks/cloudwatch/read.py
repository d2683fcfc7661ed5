"""Looks at CloudWatch metrics: all that a runbook wants, in one call.

Silence is not health. A metric without values is unknown, as is one whose newest value is old; the only exception is
a count that AWS leaves out when it is zero (`zero_beside`), and that only while its companion has values.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from blocks.aws import Aws, explain
from journal import clock
from runbook import Facts, Permanent, Temporary, look
from runbook.shares import LEAST, share

LATE = timedelta(minutes=3)
"""How long CloudWatch may take to show a value, on top of its period."""

SETTLES = timedelta(minutes=1)
"""How long a period that is over may still gain values; short periods are given a fifth of themselves."""

WHOLE = "Complete"
"""What CloudWatch says of a series of which nothing is missing."""

AT_MOST = 100
"""Metrics in one look; GetMetricData takes 500."""


@dataclass(frozen=True, kw_only=True)
class Metric:
    """Which metric, by which name. `statistic` is Average, Sum, Minimum, Maximum, SampleCount or a percentile (p95).

    `unit` is what its values are in, for people: `ms`, `s`, `bytes`, `%`, or nothing for a count. `zero_beside` is the
    name of another metric of the same look: while that has values, a period without a value of this one is a zero.
    `chart` is what its newest value is called in charts, where it decides something: a value that stands beside
    another is charted as a share of that.
    """

    name: str
    namespace: str
    metric: str
    statistic: str
    dimensions: tuple[tuple[str, str], ...] = ()
    unit: str = ""
    zero_beside: str | None = None
    chart: str = ""


class Series(Facts):
    """The values of one metric, oldest first, each stamped (UTC) with the beginning of its period.

    `chart` and `beside` are what its `Metric` says of charts, and beside which other it stands.
    """

    values: tuple[float, ...]
    at: tuple[datetime, ...]
    unit: str = ""
    chart: str = ""
    beside: str | None = None


class Metrics(Facts):
    """What one look at CloudWatch gave, by our names of the metrics. A metric without values is not in `series`.

    The predicates ask `latest`, `share`, `newest`, `highest`, `total` or `mean`; each raises `LookupError`, which is
    unknown, when the metric has no values or, for the first three, when its newest is too old (`period` and `LATE`).
    """

    series: dict[str, Series]
    asked_at: datetime
    period: timedelta

    def latest(self, name: str) -> float:
        series = self._of(name)
        age = self.asked_at - series.at[-1] - self.period
        if age > self.period + LATE:
            raise LookupError(f"the newest value of {name} is {age + self.period} old")
        return series.values[-1]

    def highest(self, name: str) -> float:
        return max(self._of(name).values)

    def total(self, name: str) -> float:
        return sum(self._of(name).values)

    def mean(self, name: str) -> float:
        values = self._of(name).values
        return sum(values) / len(values)

    def share(self, name: str, *, among: str, least: float = LEAST) -> float:
        """A count as a share (0..1) of another, over the newest periods that have at least `least` of that together.

        Of fewer, or of nothing, there is no share: `LookupError`.
        """
        sums = self.newest(name, among, least=least, among=(among,))
        return share(sums[name], sums[among], among.replace("_", " "), least=least)

    def newest(self, *names: str, among: tuple[str, ...], least: float = LEAST) -> Mapping[str, float]:
        """Counts, each added up over the newest periods that have at least `least` of `among` together.

        Of fewer, or where a newest value is too old, there are none: `LookupError`.
        """
        for name in names:
            self.latest(name)
        by_moment = {name: dict(zip(self._of(name).at, self._of(name).values, strict=True)) for name in names}
        sums = dict.fromkeys(names, 0.0)
        first, *others = (set(one) for one in by_moment.values())
        for at in sorted(first.intersection(*others), reverse=True):
            sums = {name: so_far + by_moment[name][at] for name, so_far in sums.items()}
            if sum(sums[name] for name in among) >= least:
                return sums
        counted = sum(sums[name] for name in among)
        raise LookupError(f"there were only {counted:g} {' and '.join(among).replace('_', ' ')}, too few to tell")

    def of_enough(self, name: str, *, among: str, least: float = LEAST) -> float:
        """The newest value of what is worked out from others, such as a percentile. Of too few: `LookupError`."""
        if (count := self.latest(among)) < least:
            raise LookupError(f"there were only {count:g} {among.replace('_', ' ')} in the newest period")
        return self.latest(name)

    def has(self, name: str) -> bool:
        return name in self.series

    def figures(self) -> Mapping[str, tuple[float, str]]:
        """The newest value of each metric that is charted; what is not known now is left out."""
        found: dict[str, tuple[float, str]] = {}
        for name, one in self.series.items():
            if one.chart:
                with suppress(LookupError):
                    found[one.chart] = self._figure(name, one)
        return found

    def _figure(self, name: str, one: Series) -> tuple[float, str]:
        if one.beside is None:
            return self.latest(name), one.unit
        return 100 * self.share(name, among=one.beside), "%"

    def _of(self, name: str) -> Series:
        if name not in self.series:
            raise LookupError(f"CloudWatch has no values of {name}")
        return self.series[name]

    def __str__(self) -> str:
        if not self.series:
            return "CloudWatch has no values"
        return ", ".join(
            f"{name.replace('_', ' ')} {one.values[-1]:.4g}{one.unit and ' ' + one.unit}"
            for name, one in self.series.items()
        )


@look("cloudwatch:GetMetricData", bound=f"{AT_MOST} metrics, 1440 values each")
def read_metrics(aws: Aws, metrics: tuple[Metric, ...], *, window: timedelta, period: timedelta) -> Metrics:
    """All metrics at once, by whole periods: the newest one, which is not over yet, is left out.

    `period` is what one value stands for, `window` how far back to look.

    Raises `Permanent` when CloudWatch has no value of any of them, and `Temporary` when it tells only a part of one.
    """
    if len(metrics) > AT_MOST:
        raise Permanent(f"A look takes at most {AT_MOST} metrics; split it.")
    now = clock.now()
    end = whole(now, period)
    series = read_between(aws, metrics, start=end - max(window, period), end=end, period=period)
    if not series:
        names = ", ".join(f"{metric.namespace} {metric.metric}" for metric in metrics)
        raise Permanent(f"CloudWatch has no values of {names} in the last {window}; that is unknown.")
    return Metrics(series=series, asked_at=now, period=period)


def read_between(
    aws: Aws, metrics: tuple[Metric, ...], *, start: datetime, end: datetime, period: timedelta
) -> dict[str, Series]:
    """The values of whole periods between two moments, by our names; a metric without values is not in it."""
    queries = [_query(f"m{number}", metric, period) for number, metric in enumerate(metrics)]
    found = _ask(aws, queries, start=start, end=end)
    series = {
        metric.name: _series(metric, values, at)
        for number, metric in enumerate(metrics)
        for values, at in [found.get(f"m{number}", ((), ()))]
        if values
    }
    for metric in metrics:
        if metric.zero_beside in series:
            series[metric.name] = _with_zeros(metric, series.get(metric.name), series[metric.zero_beside])
    return {metric.name: series[metric.name] for metric in metrics if metric.name in series}


def whole(now: datetime, period: timedelta) -> datetime:
    """When the newest period ended that is over and has all of its values."""
    return begin(now - min(SETTLES, period / 5), period)


def begin(at: datetime, period: timedelta) -> datetime:
    """When the period began that a moment is in."""
    return datetime.fromtimestamp(at.timestamp() // period.total_seconds() * period.total_seconds(), UTC)


def _query(identifier: str, metric: Metric, period: timedelta) -> dict[str, Any]:
    dimensions = [{"Name": name, "Value": value} for name, value in metric.dimensions]
    wanted = {"Namespace": metric.namespace, "MetricName": metric.metric, "Dimensions": dimensions}
    stat = {"Metric": wanted, "Period": int(period.total_seconds()), "Stat": metric.statistic}
    return {"Id": identifier, "MetricStat": stat}


def _ask(
    aws: Aws, queries: list[dict[str, Any]], *, start: datetime, end: datetime
) -> dict[str, tuple[tuple[float, ...], tuple[datetime, ...]]]:
    """Values and their times by query id, oldest first. A page may hold a part of a series, so pages are joined."""
    values: dict[str, list[float]] = {}
    times: dict[str, list[datetime]] = {}
    told: list[Mapping[str, Any]] = []
    try:
        pages = aws.reading("cloudwatch").get_paginator("get_metric_data")
        for page in pages.paginate(
            MetricDataQueries=queries, StartTime=start, EndTime=end, ScanBy="TimestampAscending"
        ):
            for result in page["MetricDataResults"]:
                values.setdefault(result["Id"], []).extend(result["Values"])
                times.setdefault(result["Id"], []).extend(result["Timestamps"])
                told.append(result)
    except (ClientError, BotoCoreError) as error:
        raise explain(error, "read metrics") from error
    refuse_parts(told)
    return {name: (tuple(values[name]), tuple(times[name])) for name in values}


def refuse_parts(told: Iterable[Mapping[str, Any]]) -> None:
    """Raise `Temporary`, or `Permanent` where that is forbidden, unless CloudWatch has told all of each series.

    One that goes on with the next page is *PartialData* until its last one. What is missing is no zero.
    """
    states = {result["Id"]: result.get("StatusCode", WHOLE) for result in told}
    if odd := sorted({state for state in states.values() if state != WHOLE}):
        said = f"CloudWatch told only a part of what it was asked for ({', '.join(odd)}); that is unknown."
        raise Permanent(said) if "Forbidden" in odd else Temporary(said)


def _with_zeros(metric: Metric, found: Series | None, beside: Series) -> Series:
    known = dict(zip(found.at, found.values, strict=True)) if found else {}
    at = tuple(sorted({*known, *beside.at}))
    return _series(metric, tuple(known.get(moment, 0.0) for moment in at), at)


def _series(metric: Metric, values: tuple[float, ...], at: tuple[datetime, ...]) -> Series:
    return Series(values=values, at=at, unit=metric.unit, chart=metric.chart, beside=metric.zero_beside)
