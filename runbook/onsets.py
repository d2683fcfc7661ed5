"""When something began: the last change of a series' level. Pure; `tasks` bring the series, `runbook.release` asks it.

Each value is held against the median of the 30 before it, give or take four median deviations, and more where fewer
values are known. One or two that stray are a spike; three in a row to the same side are another level. A slow drift
carries its median along and is none.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from statistics import median

from runbook.probe import Facts
from runbook.series import MADS, Points, known, spread, step

LEAST, WINDOW, STAYS = 8, 30, 3
"""A level needs so many values, is worked out from so many of its newest, and is left when so many in a row are off."""

LITTLE = 0.05
"""A change of less than this share of the level is none, however even the values are."""


class Onset(Facts):
    """When the level changed last, or that it did not in all that was seen.

    `at` is the first value of the new level and `after` the last one of the old, each by its own moment: the change
    lies between `after` and the end of `at`, which is one `step` later; where values are missing in between, nobody
    knows where. Both are nothing where the level was the same since `seen_from`. `was` and `now` are the levels, `now`
    that of the newest value, which is of `seen_until`: of what came after it, nobody knows what it did.
    """

    at: datetime | None = None
    after: datetime | None = None
    seen_from: datetime
    seen_until: datetime
    step: timedelta
    was: float | None = None
    now: float

    def soon_after(self, moment: datetime, within: timedelta) -> bool:
        """Whether the level changed after a moment and no later than `within`.

        Raises `LookupError` where the moment was not seen, or a gap hides the order of the two.
        """
        if self.before(moment):
            return False
        assert self.at is not None
        if self.after is not None and self.after >= moment + within:
            return False
        self._refuse_gap(moment)
        return self.at <= moment + within

    def before(self, moment: datetime) -> bool:
        """Whether it was as it is now before a moment already. Raises `LookupError` where nobody can tell."""
        if moment > self.seen_until:
            raise LookupError(f"nothing was seen since {self.seen_until:%H:%M:%S} UTC")
        if self.at is None or self.after is None:
            if moment < self.seen_from:
                raise LookupError(
                    f"nothing was seen before {self.seen_from:%H:%M:%S} UTC, and the level is as it was then"
                )
            return True
        if self.at + self.step <= moment:
            return True
        if self.after < moment < self.at:
            self._refuse_gap(moment)
        return False

    def _refuse_gap(self, moment: datetime) -> None:
        if (
            self.at is not None
            and self.after is not None
            and self.after < moment
            and self.at - self.after > 2 * self.step
        ):
            raise LookupError(f"the level changed while nothing was seen, after {self.after:%H:%M:%S} UTC")

    def __str__(self) -> str:
        if self.at is None or self.was is None:
            return f"the level is {self.now:.4g}, as ever since {self.seen_from:%Y-%m-%d %H:%M:%S} UTC"
        return f"the level went from {self.was:.4g} to {self.now:.4g} at {self.at:%Y-%m-%d %H:%M:%S} UTC"


def onset(points: Points, *, little: float = 0.0) -> Onset:
    """When the level of a series changed last. What is less than `little` (in the series' unit) is no change.

    Raises `LookupError`, which is unknown, of fewer than `LEAST` values, and while the newest ones are off and too few
    to tell a change from a spike.
    """
    seen = known(points)
    moments, values = [at for at, _ in seen], [value for _, value in seen]
    if len(values) < LEAST:
        raise LookupError(f"there are only {len(values)} values, too few to tell when the level changed")
    changed, was, now = _walk(values, little)
    whole = step(moments)
    if changed is None or was is None:
        return Onset(seen_from=moments[0], seen_until=moments[-1], step=whole, now=now)
    return Onset(
        at=moments[changed],
        after=moments[changed - 1],
        seen_from=moments[0],
        seen_until=moments[-1],
        step=whole,
        was=was,
        now=now,
    )


def _walk(values: Sequence[float], little: float) -> tuple[int | None, float | None, float]:
    """Where the present level begins, what was before, and what it is: value by value, as somebody who watches it.

    A level of fewer than `LEAST` values has no limits of its own yet. Until then it is asked whether the one before it
    is back: that was then no more than a bump, and the level changed when it ended.
    """
    level, former, off = list[float](), list[float](), list[int]()
    changed: int | None = None
    was: float | None = None
    for place, value in enumerate(values):
        young = len(level) < LEAST
        side = _side(value, former if young else level, little)
        strays = (bool(former) and side == 0) if young else side != 0
        if strays and off and not young and side != _side(values[off[-1]], level, little):
            level, off = level + [values[one] for one in off], []
        if not strays:
            level, off = [*level, *(values[one] for one in off), value], []
            continue
        off.append(place)
        if len(off) == STAYS:
            new = [values[one] for one in off]
            changed, was = off[0], median(level[-WINDOW:])
            level, former = ([*former, *new], []) if young else (new, level)
            off = []
    if off:
        raise LookupError(f"the newest values ({values[-1]:.4g}) are off, too few to tell a change from a spike")
    return changed, was, median(level[-WINDOW:])


def _side(value: float, level: Sequence[float], little: float) -> int:
    """Whether a value is below (-1), within (0) or above (1) what belongs to a level."""
    if not level:
        return 0
    lately = list(level[-WINDOW:])
    middle = median(lately)
    # A deviation of eight values is itself a guess: taken as it is, ordinary ups and downs were called changes.
    wide = max(MADS * (1 + LEAST / len(lately)) * spread(lately), LITTLE * abs(middle), little)
    return (value > middle + wide) - (value < middle - wide)
