"""Whether a cause that is called sure at p is right in p of all cases: whom drills blamed, by how sure they were."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from rich.table import Table

EDGES: Final = (0.5, 0.7, 0.85, 0.95, 1.0)
"""A cause below the first is never supported (`runbook.sureness`)."""

ENOUGH: Final = 20
"""Verdicts of which a share means something."""

OFF: Final = 0.10
"""So far may the share of those that are right lie from the band."""


@dataclass(frozen=True, kw_only=True)
class Blamed:
    """A cause that was called supported, how sure, and whether it was at work."""

    score: float
    right: bool


@dataclass(frozen=True, kw_only=True)
class Band:
    """The verdicts of about the same sureness, from `low` to below `high` (the last one includes it)."""

    low: float
    high: float
    verdicts: tuple[Blamed, ...]

    @property
    def right(self) -> int:
        """How many were at work."""
        return sum(one.right for one in self.verdicts)

    @property
    def kept(self) -> bool | None:
        """Whether about as many are right as it says; nothing when there are too few to say."""
        if len(self.verdicts) < ENOUGH:
            return None
        return self.low - OFF <= self.right / len(self.verdicts) <= self.high + OFF


def bands(verdicts: Iterable[Blamed]) -> tuple[Band, ...]:
    """Every band, also those in which nobody was blamed."""
    every = tuple(verdicts)
    return tuple(
        Band(
            low=low,
            high=high,
            verdicts=tuple(one for one in every if low <= one.score < high or one.score == high == 1),
        )
        for low, high in pairwise(EDGES)
    )


def drawn(verdicts: Iterable[Blamed]) -> Table:
    """The table that `make drill` prints."""
    table = Table(title="How sure, and how often right")
    for heading in ("called sure at", "verdicts", "right", "share", "within 10 points"):
        table.add_column(heading)
    said = {None: f"too few (under {ENOUGH})", True: "yes", False: "NO"}
    for band in bands(verdicts):
        many = len(band.verdicts)
        share = f"{band.right / many:.0%}" if many else ""
        table.add_row(f"{band.low:.0%} to {band.high:.0%}", str(many), str(band.right), share, said[band.kept])
    return table
