"""Where a series is going: its slope with its spread, and the time until it reaches a limit. Pure.

The slope is the median of the slopes between all pairs of values (Theil and Sen), which a few that stray do not bend.
Its spread is what nineteen in twenty such medians would lie in. Values of an earlier level do not count: a disk that an
import filled by half yesterday, and that has stood still since, is not full tomorrow. What has been as far before and
came back, such as a disk that logs fill until they are cleared, may do so again: that is unknown.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import combinations
from math import sqrt
from statistics import median

from runbook.onsets import LEAST, STAYS, onset
from runbook.probe import Facts
from runbook.series import Points, known, measured

AT_MOST = 120
"""Values that slopes are drawn between; more are taken together first."""

SURE = 1.96
"""Standard deviations on both sides that hold nineteen in twenty."""

FAR = 5
"""A trend is drawn out for so many times as long as it was seen, and no further."""

VAGUE = 3
"""Where the latest moment is more than so many times as far away as the earliest, nobody knows when."""

DAY = timedelta(days=1)


class Trend(Facts):
    """How much a series moves a day, in its own unit, and what that lies between; `now` is where it is at `at`.

    `seen_for` is how long it has moved so: what is seen of it since its level changed last. `was_there` tells that it
    was as far or further before that, and came back.
    """

    a_day: float
    low: float
    high: float
    now: float
    at: datetime
    seen_for: timedelta
    was_there: bool = False
    unit: str = ""

    @property
    def moves(self) -> bool:
        """Whether it clearly rises or falls."""
        return self.low > 0 or self.high < 0

    def until(self, limit: float) -> timedelta:
        """How long until a limit is reached, at the pace it has.

        Raises `LookupError`, which is unknown, where it does not clearly move, moves away from the limit, was there
        before and came back, or where the limit is so far that nobody knows when.
        """
        if not self.moves:
            raise LookupError("it neither clearly rises nor falls")
        if (limit - self.now) / self.a_day < 0:
            raise LookupError(f"it moves away from {self._said(limit)}")
        if self.was_there:
            raise LookupError(f"it was at {self._said(self.now)} and beyond before, and came back")
        days = (limit - self.now) / self.a_day
        if days > FAR * (self.seen_for / DAY):
            raise LookupError(f"{self._said(limit)} is too far to tell from the pace of {roughly(self.seen_for)}")
        soonest, latest = sorted((limit - self.now) / slope for slope in (self.low, self.high))
        if latest > VAGUE * soonest:
            raise LookupError(
                f"{self._said(limit)} may be reached in {roughly(soonest * DAY)} as well as after"
                f" {roughly(VAGUE * soonest * DAY)}"
            )
        return days * DAY

    def reaches(self, limit: float, within: timedelta) -> bool:
        """Whether a limit is reached within so long, at the pace it has; not where it does not clearly move there.

        Raises `LookupError` where it may be, and nobody knows when (`until`).
        """
        nearest = sorted((self.low, self.high), key=lambda slope: (limit - self.now) * slope)
        if (limit - self.now) * nearest[0] <= 0:
            return False
        if (limit - self.now) / nearest[1] * DAY > within:
            return False
        return self.until(limit) <= within

    def _said(self, value: float) -> str:
        return measured(value, self.unit)

    def __str__(self) -> str:
        now = measured(self.now, self.unit)
        if not self.moves:
            return f"{now}, neither clearly rising nor falling"
        a_day, low, high = (measured(one, self.unit, signed=True) for one in (self.a_day, self.low, self.high))
        return f"{now}, {a_day} a day ({low} to {high})"


def trend(points: Points, *, unit: str = "") -> Trend:
    """Where a series is going since its level changed last. Of fewer than `LEAST` values: `LookupError`."""
    seen = known(points)
    try:
        began = onset(points).at
    except LookupError:
        began = None  # values that are off and too few for a new level do not bend a median
    lately = [(at, value) for at, value in seen if began is None or at >= began]
    if len(lately) < LEAST:
        since = "" if began is None else f" since its level changed at {began:%Y-%m-%d %H:%M:%S} UTC"
        raise LookupError(f"there are only {len(lately)} values{since}, too few for a trend")
    first, last = lately[0][0], lately[-1][0]
    slopes, few = _slopes([((at - first) / DAY, value) for at, value in lately])
    off = SURE * sqrt(few * (few - 1) * (2 * few + 5) / 18)
    low, high = (round((len(slopes) + side * off) / 2) for side in (-1, 1))
    a_day, now = median(slopes), median(value for _, value in lately[-3:])
    earlier = [value for at, value in seen if at < first]
    return Trend(
        a_day=a_day,
        low=slopes[max(low, 0)],
        high=slopes[min(high, len(slopes) - 1)],
        now=now,
        at=last,
        seen_for=last - first,
        was_there=sum((value - now) * a_day > 0 for value in earlier) >= STAYS,
        unit=unit,
    )


def _slopes(points: list[tuple[float, float]]) -> tuple[list[float], int]:
    """The slopes between all pairs, smallest first, and between how many points they are drawn."""
    size = -(-len(points) // AT_MOST)
    parts = [points[start : start + size] for start in range(0, len(points), size)]
    few = [(median(day for day, _ in part), median(value for _, value in part)) for part in parts]
    return sorted((b - a) / (then - at) for (at, a), (then, b) in combinations(few, 2) if then > at), len(few)


def roughly(span: timedelta) -> str:
    """`3 days`, `7 hours`, `20 minutes`: as exact as a forecast is."""
    for unit, one in (("day", DAY), ("hour", timedelta(hours=1)), ("minute", timedelta(minutes=1))):
        if span >= 1.5 * one or unit == "minute":
            many = max(round(span / one), 1)
            return f"{many} {unit}{'' if many == 1 else 's'}"
    raise AssertionError("minutes are the last")
