"""Which version an alias pointed to before the present one, for how long, and how it served then.

CloudTrail tells who moved an alias, but up to a quarter of an hour late: of what came after that nothing is taken for
known. So right after a release the version before counts as replaced when CloudTrail's knowledge ends.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from blocks.aws import Aws
from journal import clock
from runbook import Around, Release, Releases
from runbook.release import SOON, around
from runbook.shares import share
from tasks.cloudwatch.dimensions import of_alias
from tasks.cloudwatch.rates import rates
from tasks.cloudwatch.read import Metric, Metrics, begin, read_between, whole


@dataclass(frozen=True, kw_only=True)
class Served:
    """An alias pointed to a version from `since` until `until` (UTC), as far as that is known."""

    version: str
    since: datetime
    until: datetime

    @property
    def long(self) -> timedelta:
        """For how long it is known to have served."""
        return self.until - self.since


def before_the_present(moves: Releases, present: str) -> Served | None:
    """What an alias pointed to before it came to `present`; nothing where no such move is known."""
    stays: list[Served] = []
    until = max([moves.until, *(one.at for one in moves.releases)])
    for move in moves.releases:
        if stays and stays[-1].version == move.version:  # the same version again: its weights or its text changed
            stays[-1] = replace(stays[-1], since=move.at)
        else:
            stays.append(Served(version=move.version, since=move.at, until=stays[-1].since if stays else until))
    if stays and stays[0].version != present:  # the move to the present version is not told yet
        stays[0] = replace(stays[0], until=max(moves.until, stays[0].since))
    return next((one for one in stays if one.version != present), None)


def around_move(
    aws: Aws, served: Served, present: Release, *, value: Metric, among: Metric, period: timedelta, window: timedelta
) -> Around:
    """A metric in the last `window` of a version's service, and soon after the present one came.

    Raises `Permanent` when CloudWatch may not be asked, `Temporary` when it tells only a part.
    """
    now, moved = clock.now(), served.until
    start = begin(moved - window, period)
    end = min(whole(now, period), moved + max(window, SOON) + 2 * period)
    series = read_between(aws, (value, among), start=start, end=end, period=period)
    seen = Metrics(series=series, asked_at=now, period=period)
    return around(present.model_copy(update={"at": moved}), rates(seen, value, among), period)


def failing_before(
    aws: Aws, served: Served, function: str, alias: str, *, period: timedelta, window: timedelta
) -> float:
    """Share (0..1) of the calls by an alias that failed in the last `window` of a version's service, by Lambda's count.

    Raises `LookupError` when there were too few of them, and as `around_move` does.
    """
    of = of_alias(function, alias)
    calls = of(name="calls", metric="Invocations", statistic="Sum")
    errors = of(name="errors", metric="Errors", statistic="Sum", zero_beside="calls")
    end = begin(served.until, period)
    series = read_between(aws, (errors, calls), start=end - window, end=end, period=period)
    seen = Metrics(series=series, asked_at=clock.now(), period=period)
    return share(seen.total("errors"), seen.total("calls"), f"calls by {function}:{alias}")


def calls_by_alias(
    aws: Aws, function: str, alias: str, window: timedelta, *, period: timedelta = timedelta(minutes=1)
) -> int:
    """How many requests came by an alias. No value at all is none: Lambda publishes one as soon as there is a call."""
    calls = of_alias(function, alias)(name="calls", metric="Invocations", statistic="Sum")
    end = clock.now()
    found = read_between(aws, (calls,), start=end - window, end=end, period=period)
    return int(sum(found["calls"].values)) if found else 0
