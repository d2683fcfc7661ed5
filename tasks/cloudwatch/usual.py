"""What is usual at this hour: a metric now, beside the same hour of the last four weeks.

CloudWatch keeps values of a minute for 15 days and of five minutes for 63, so five minutes are asked for. The hours are
of UTC: in the weeks around a change to summer time the same hour is one hour off for those who live by the clock.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from blocks.aws import Aws
from journal import clock
from runbook import Compared, Permanent, compared, look
from runbook.shares import LEAST
from runbook.usual import WEEKS
from tasks.cloudwatch.read import Metric, Series, read_between, whole

PERIOD, HOUR, WEEK = timedelta(minutes=5), timedelta(hours=1), timedelta(days=7)

HALF = 0.5
"""An hour of which less than this share of the periods is known does not count."""

Span = tuple[datetime, datetime]


@look("cloudwatch:GetMetricData", bound=f"two metrics, {WEEKS + 1} hours by {PERIOD.seconds // 60} minutes")
def read_usual(
    aws: Aws, metric: Metric, *, among: Metric | None = None, what: str, apart_from: Sequence[Span] = ()
) -> Compared:
    """A metric in the last hour, and in the same hour of each of the last four weeks.

    With `among`, a count is a share of that in percent, of at least `LEAST`, and a value that is worked out, such as a
    percentile, counts only in periods with so many. A sum is what a period has on average, all else the middle period.
    Hours that overlap with one of `apart_from`, such as a freeze or an incident, are not usual and are left out.

    Raises `Permanent` when of the last hour too little is known.
    """
    end = whole(clock.now(), PERIOD)
    metrics = (metric,) if among is None else (metric, among)

    def hour(weeks_ago: int) -> _Hour | None:
        until = end - weeks_ago * WEEK
        if weeks_ago and any(begin < until and until - HOUR < over for begin, over in apart_from):
            return None
        return _of(read_between(aws, metrics, start=until - HOUR, end=until, period=PERIOD), metric, among)

    now = hour(0)
    if now is None:
        raise Permanent(f"Too little is known of {what} in the last hour; that is unknown.")
    weeks = [one and one.value for one in map(hour, range(1, WEEKS + 1))]
    return compared(what, now.value, weeks, unit=metric.unit if now.of is None else "%", of=now.of)


@dataclass(frozen=True)
class _Hour:
    """What an hour comes to; `of` how many it is a share, where it is one."""

    value: float
    of: float | None = None


def _of(series: Mapping[str, Series], metric: Metric, among: Metric | None) -> _Hour | None:
    """What an hour comes to; nothing where too little is known of it."""
    if metric.name not in series or (among is not None and among.name not in series):
        return None
    own = dict(zip(series[metric.name].at, series[metric.name].values, strict=True))
    if among is None:
        known = list(own.values())
        if len(known) < HALF * (HOUR / PERIOD):
            return None
        return _Hour(sum(known) / len(known) if metric.statistic == "Sum" else median(known))
    counted = dict(zip(series[among.name].at, series[among.name].values, strict=True))
    both = own.keys() & counted.keys()
    if len(both) < HALF * len(counted):
        return None  # what is counted only where it is something would make too large a share
    if metric.statistic == "Sum":
        many = sum(counted[at] for at in both)
        return _Hour(100 * sum(own[at] for at in both) / many, many) if many >= LEAST else None
    enough = [own[at] for at in both if counted[at] >= LEAST]
    return _Hour(median(enough)) if enough else None
