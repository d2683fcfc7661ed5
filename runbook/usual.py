"""What is usual at this hour: now, beside the same hour of the weeks before. Pure; `tasks` bring the values.

What fails in one request of fifty may be how it always is on Mondays. A baseline says so, and is never alone: each
question names a floor as well, since of a service that nearly never fails twice the usual is still next to nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite
from statistics import median

from runbook.probe import Facts
from runbook.series import MADS, measured, spread

WEEKS, ENOUGH = 4, 3
"""So many weeks are looked back, and of so many there must be a value: of fewer nobody knows what is usual."""


class Compared(Facts):
    """A value now, and what is usual: the median of the same hour of `weeks` weeks, and its median deviation.

    `usual` and `spread` are nothing where there are fewer than `ENOUGH` weeks: whatever is asked then is unknown.
    `what` is what the value is called, `unit` what it is in (`%`, `ms`, or nothing for a count), and `of` of how many
    it is a share, where it is one.
    """

    what: str
    now: float
    usual: float | None
    spread: float | None
    weeks: int
    unit: str = ""
    of: float | None = None

    def above(self, *, points: float, floor: float) -> bool:
        """Whether it is more than `floor`, and by more than `points` and its ordinary ups and downs above the usual.

        Both are in the value's own unit: of shares in percent, percentage points. Raises `LookupError` where nobody
        knows what is usual and the floor alone does not answer.
        """
        if self.now <= floor:
            return False
        usual, wide = self._usual()
        return self.now > usual + max(points, MADS * wide)

    @property
    def ratio(self) -> float:
        """How many times the usual it is. Raises `LookupError` where that is not known, or is nothing."""
        usual, _ = self._usual()
        if usual <= 0:
            raise LookupError(f"there is usually no {self.what} at this hour, so nothing is so many times that")
        return self.now / usual

    def _usual(self) -> tuple[float, float]:
        if self.usual is None or self.spread is None:
            raise LookupError(f"{self.what} is known of {self.weeks} weeks only, too few to tell what is usual")
        return self.usual, self.spread

    def figures(self) -> Mapping[str, tuple[float, str]]:
        return {self.what: (self.now, self.unit)}

    def __str__(self) -> str:
        now = f"{self.what} {measured(self.now, self.unit)}" + ("" if self.of is None else f" of {self.of:.0f}")
        if self.usual is None or self.spread is None:
            return f"{now}; what is usual at this hour is not known ({self.weeks} of {WEEKS} weeks)"
        return f"{now}, at this hour usually {self.usual:.4g} give or take {self.spread:.2g} ({self.weeks} weeks)"


def compared(
    what: str, now: float, weeks: Sequence[float | None], *, unit: str = "", of: float | None = None
) -> Compared:
    """A value beside those of the same hour of earlier weeks, nothing where a week has none or does not count.

    Raises `LookupError` of a value now that is no number.
    """
    if not isfinite(now):
        raise LookupError(f"{what} is no number now; that is unknown")
    values = [value for value in weeks if value is not None and isfinite(value)]
    enough = len(values) >= ENOUGH
    return Compared(
        what=what,
        now=now,
        usual=median(values) if enough else None,
        spread=spread(values) if enough else None,
        weeks=len(values),
        unit=unit,
        of=of,
    )
