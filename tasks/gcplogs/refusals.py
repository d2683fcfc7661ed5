"""Looks at whom an application refuses, as it logs that: why, and by the fingerprint of what was shown."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from blocks.google import Google
from journal.wording import span
from runbook import look
from runbook.shares import FEW, share
from tasks.gcplogs.read import Entries, read_entries
from tasks.gcplogs.wanted import Wanted
from tasks.logs.read import ENOUGH, Kind

CHART = "refused requests"
FIVE = timedelta(minutes=5)


class Refusals(Entries):
    """Requests that were refused, by kind. So many a minute (`trouble`) are more than there are on good days."""

    trouble: float

    def often(self) -> bool:
        """Whether so many are refused a minute. Raises `LookupError` of few that came in less than five minutes."""
        if self.none():
            return False
        if self.total < ENOUGH and (self.window < FIVE or not self.complete):
            raise LookupError(f"only {self.total} requests were refused in {span(self.window)}, too few to tell")
        return self.total >= ENOUGH and self._pace() >= self.trouble

    def of_all(self, *kinds: str) -> float:
        """Which share (0..1) is of these kinds. Raises `LookupError` of too few."""
        return share(sum(map(self.of, kinds)), self.total, "refused requests", least=FEW)

    def of_few(self, kind: str) -> float:
        """Which share (0..1) is of the kind, and of few who show the same again and again."""
        return share(self.alike.get(kind, 0), self.total, "refused requests", least=FEW)

    def _pace(self) -> float:
        """Refusals a minute, since the first of them that is of a kind: what was before is no part of the trouble."""
        first = min(self.began.values(), default=None)
        over = self.window if first is None or self.until is None else max(self.until - first, timedelta(seconds=1))
        return self.total / (over / timedelta(minutes=1))

    def figures(self) -> Mapping[str, tuple[float, str]]:
        return {CHART: (round(self._pace(), 1), "a minute")} if self.complete and not self.unheard else {}


@look(*read_entries.permissions, bound=read_entries.bound)
def read_refusals(
    google: Google,
    wanted: Wanted,
    *,
    window: timedelta,
    kinds: tuple[Kind, ...],
    trouble: float,
    beside: Wanted,
    unless: Wanted | None = None,
) -> Refusals:
    """Count refusals of the last `window`; `beside` is what is logged all the time, `unless` who else tells of them.

    Raises `Permanent` when they may not be read.
    """
    found = read_entries(google, wanted, window=window, kinds=kinds, beside=beside, unless=unless)
    return Refusals(**found.model_dump(), trouble=trouble)
