"""Samples, the percentiles of them, and the goals they are held against. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from math import ceil, floor


class Unit(Enum):
    """What a sample is measured in: seconds shown as seconds or as milliseconds, a rate, or a ratio."""

    SECONDS = "s"
    MILLISECONDS = "ms"
    PER_MINUTE = "/min"
    TIMES = "×"  # noqa: RUF001 # that is the sign

    def shown(self, value: float) -> str:
        """A value with its unit: `0.31 s`, `4.2 ms`, `212/min`, `1.18 ×`."""  # noqa: RUF002 # that is the sign
        match self:
            case Unit.SECONDS:
                return f"{value:.2f} s"
            case Unit.MILLISECONDS:
                return f"{value * 1000:.1f} ms"
            case Unit.PER_MINUTE:
                return f"{value:.0f}{self.value}"
            case Unit.TIMES:
                return f"{value:.2f} {self.value}"


@dataclass(frozen=True, kw_only=True)
class Series:
    """One thing, measured several times. Samples are seconds, rates or ratios."""

    name: str
    samples: Sequence[float]
    unit: Unit = Unit.SECONDS

    def at(self, percent: float) -> float:
        """A percentile, by linear interpolation between the two nearest samples. Raises ValueError without samples."""
        if not self.samples:
            raise ValueError(f"{self.name} was never measured, so it has no percentiles.")
        ordered = sorted(self.samples)
        place = (len(ordered) - 1) * percent / 100
        below, above = ordered[floor(place)], ordered[ceil(place)]
        return below + (above - below) * (place - floor(place))

    def shown(self, percent: float) -> str:
        """A percentile with its unit."""
        return self.unit.shown(self.at(percent))


@dataclass(frozen=True, kw_only=True)
class Goal:
    """What a percentile must not exceed, or what it must reach: one of the two is given."""

    at_most: float | None = None
    at_least: float | None = None
    percent: float = 50

    def met(self, series: Series) -> bool:
        """Whether the series keeps to it."""
        value = series.at(self.percent)
        return (self.at_most is None or value <= self.at_most) and (self.at_least is None or value >= self.at_least)

    def shown(self, unit: Unit) -> str:
        """`p50 ≤ 0.30 s`, or `p50 ≥ 8.00 ×`."""  # noqa: RUF002 # that is the sign
        limits = (("≤", self.at_most), ("≥", self.at_least))
        return " ".join(f"p{self.percent:g} {sign} {unit.shown(limit)}" for sign, limit in limits if limit is not None)


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A thing that users wait for: ours with its goals, beside its references."""

    title: str
    ours: tuple[tuple[Series, Goal | None], ...]
    references: tuple[Series, ...]
    parts: tuple[Series, ...] = ()
    """Where the time goes, in order."""
    missing: str = ""
    """Why there is no reference, if it failed."""
