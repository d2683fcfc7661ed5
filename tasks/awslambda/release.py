"""Did it begin with the release? A metric before and after the moment at which a function's version was published."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from blocks.aws import Aws
from journal import clock
from journal.wording import span
from runbook import Facts, look
from tasks.awslambda.read import read_function
from tasks.cloudwatch.read import LEAST, Metric, Metrics, read_metrics

BEFORE = 10
"""So many periods before the release are looked at."""

AT_MOST = 1440
"""Periods in one look."""

SOON, FEW = timedelta(minutes=15), 3
"""What a release does shows within so long, or within so many periods where these are longer."""


class Release(Facts):
    """How it was around a release, by whole periods with enough requests, oldest first.

    `before` are the values of periods that were over when the version was published, `after` of those that began later.
    """

    version: str
    published: datetime
    period: timedelta
    before: tuple[float, ...]
    after: tuple[float, ...]

    def was_there(self, limit: float) -> bool:
        """Whether it was beyond the limit before. Raises `LookupError` when nobody knows how it was."""
        if not self.before:
            raise LookupError("nobody knows how it was before the release")
        return all(value > limit for value in self.before[-2:])

    def followed(self, limit: float) -> bool:
        """Whether it went beyond the limit soon after. Raises `LookupError` while nobody can tell."""
        soon = self.after[: max(FEW, int(SOON / self.period))]
        if any(value > limit for value in soon):
            return True
        if len(soon) == len(self.after):
            raise LookupError("not enough has been seen since the release")
        return False

    def began_it(self, limit: float) -> bool:
        return not self.was_there(limit) and self.followed(limit)

    def is_innocent(self, limit: float) -> bool:
        """Whether it was there before, or began only long after. What is not known makes nobody innocent."""
        try:
            if self.was_there(limit):
                return True
        except LookupError:
            if self.followed(limit):
                raise
        return not self.followed(limit)

    def __str__(self) -> str:
        worst = [f"{max(values):.3g}" if values else "not known" for values in (self.before, self.after)]
        return (
            f"version {self.version} was published at {self.published:%Y-%m-%d %H:%M:%S} UTC;"
            f" the worst {span(self.period)} before: {worst[0]}, since: {worst[1]}"
        )


@look(*read_function.permissions, *read_metrics.permissions, bound=f"one function, {AT_MOST} values of two metrics")
def read_release(aws: Aws, function: str, alias: str, *, value: Metric, among: Metric, period: timedelta) -> Release:
    """A metric around a release: a count as a share of `among`, or a value where there were enough of `among`.

    Raises `Permanent` when function or metrics cannot be seen.
    """
    running = read_function(aws, function, alias)
    window = min(clock.now() - running.published + BEFORE * period, AT_MOST * period)
    seen = read_metrics(aws, (value, among), window=window, period=period)
    known = dict(_known(seen, value, among))
    return Release(
        version=running.version,
        published=running.published,
        period=period,
        before=tuple(v for at, v in known.items() if at + period <= running.published),
        after=tuple(v for at, v in known.items() if at >= running.published),
    )


def _known(seen: Metrics, value: Metric, among: Metric) -> Iterator[tuple[datetime, float]]:
    of, counted = (dict(_values(seen, one.name)) for one in (value, among))
    for at, many in counted.items():
        if many >= LEAST and at in of:
            yield at, of[at] / many if value.statistic == "Sum" else of[at]


def _values(seen: Metrics, name: str) -> Mapping[datetime, float]:
    one: Any = seen.series.get(name)
    return {} if one is None else dict(zip(one.at, one.values, strict=True))
