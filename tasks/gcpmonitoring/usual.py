"""What is usual at this hour, by Cloud Monitoring: the pace of the newest quarter, beside this hour of four weeks.

An hour's sum would still say an hour later what is long over; a quarter at its pace says how it is now.
"""

from __future__ import annotations

from datetime import timedelta

from blocks.google import Google
from journal import clock
from runbook import Compared, Permanent, compared, look
from runbook.usual import WEEKS
from tasks.gcpmonitoring.read import SETTLES, Metric, read_series

HOUR, QUARTER, WEEK = timedelta(hours=1), timedelta(minutes=15), timedelta(days=7)

MORE = 1.5
"""Times the usual of the hour that is too many (devised: ordinary weeks differ by less)."""


class Pace(Compared):
    """What is used in an hour at the pace that it has, beside the usual; up to `floor` nothing is too much."""

    floor: float

    def too_many(self) -> bool:
        """Whether it is beyond the floor, and by far above the usual. Raises `LookupError` where that is not known."""
        return self.above(points=0, floor=self.floor) and self.ratio > MORE

    def as_usual(self) -> bool:
        """Whether it is not beyond the floor, or near the usual."""
        return self.now <= self.floor or self.ratio < MORE


@look("google:monitoring.timeSeries.list", bound=f"two series, {WEEKS} weeks by hours")
def read_pace(google: Google, metric: Metric, *, what: str, floor: float, unit: str, one: float = 1.0) -> Pace:
    """How much is counted an hour, now and in this hour of the last four weeks; `one` of the `unit` is so many.

    Raises `Permanent` where nothing was counted lately: a counter that nobody tells is no counter at nought.
    """
    now = clock.now() - SETTLES
    end = now - timedelta(seconds=now.second, microseconds=now.microsecond)
    newest = read_series(google, metric, window=QUARTER, period=QUARTER, counted_from=end)
    if not newest.values:
        raise Permanent(f"Cloud Monitoring has counted no {what} for a quarter of an hour; that is unknown.")
    hours = read_series(google, metric, window=WEEKS * WEEK + HOUR, period=HOUR, counted_from=end)
    by_hour = dict(zip(hours.at, hours.values, strict=True))
    counted = (by_hour.get(end - HOUR - past * WEEK) for past in range(1, WEEKS + 1))
    weeks = [None if many is None else many / one for many in counted]
    found = compared(what, newest.values[-1] * (HOUR / QUARTER) / one, weeks, unit=unit)
    return Pace(**found.model_dump(), floor=floor / one)
