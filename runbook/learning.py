"""How much earlier incidents move a prior. Pure; `runbook.judging` asks, and the verdict shows declared and used.

The author's prior counts as much as `WEIGHT` incidents that people confirmed. With p declared, n incidents of the
runbook confirmed and k of them to be this cause:

    blended = (p * WEIGHT + k) / (WEIGHT + n)

That is the mean of a Beta distribution, so a cause nobody has met yet is never impossible. However long the history,
the log-odds of the prior move by at most `MOST`, in either direction: as much as one hint. Evidence of tonight, which
weighs 2 or 4, always speaks louder than habit.
"""

from __future__ import annotations

import math
from typing import Final

from journal.facts.seen import History
from runbook.hypothesis import Strength

WEIGHT: Final = 10.0
"""Incidents that the author's word counts for."""

MOST: Final = Strength.HINT.value
"""Log-odds that history may move a prior by."""


def learned(history: History) -> float:
    """The prior to judge with (0..1, four digits)."""
    blended = (history.declared * WEIGHT + history.confirmed) / (WEIGHT + history.of)
    start = _log_odds(history.declared)
    moved = min(max(_log_odds(blended), start - MOST), start + MOST)
    return round(1 / (1 + math.exp(-moved)), 4)


def _log_odds(probability: float) -> float:
    return math.log(probability / (1 - probability))
