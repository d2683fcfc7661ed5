"""Values over time, whatever has measured them: what onset, trend and the usual are worked out from."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from itertools import pairwise
from math import isfinite, log10
from statistics import median
from typing import Protocol

MADS = 4.0
"""Values so many median deviations away from their level belong to it; of even noise fewer than 1 in 100 are beyond."""


class Points(Protocol):
    """A series: each value with the moment (UTC) from which it stands, such as a `Series` of CloudWatch."""

    @property
    def values(self) -> tuple[float, ...]: ...
    @property
    def at(self) -> tuple[datetime, ...]: ...


def known(points: Points) -> list[tuple[datetime, float]]:
    """The values that are numbers, oldest first; a moment counts once, however often it was told."""
    told: defaultdict[datetime, list[float]] = defaultdict(list)
    for at, value in zip(points.at, points.values, strict=True):
        if isfinite(value):
            told[at].append(value)
    return sorted((at, median(values)) for at, values in told.items())


def step(moments: list[datetime]) -> timedelta:
    """How long one value stands: the middle distance of two, so that a gap does not count. Needs two moments."""
    return timedelta(seconds=median((after - at).total_seconds() for at, after in pairwise(moments)))


def spread(values: list[float]) -> float:
    """Median absolute deviation: how far values usually are from their median, with no regard to a few that stray."""
    middle = median(values)
    return median(abs(value - middle) for value in values)


def measured(value: float, unit: str, *, signed: bool = False) -> str:
    """`42 ms`, `54.1 GB`, `-4.8 GB`: as people say it; bytes are said in thousands of thousands."""
    if unit == "bytes":
        power = min(int(log10(abs(value)) // 3), len(_THOUSANDS) - 1) if abs(value) >= 1 else 0
        value, unit = value / 1000**power, _THOUSANDS[power]
    return f"{value:{'+' if signed else ''}.4g} {unit}".rstrip()


_THOUSANDS = ("bytes", "kB", "MB", "GB", "TB", "PB")
