"""Series that tests make: one value a minute, unless told otherwise; nothing where a value is missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Made:
    values: tuple[float, ...]
    at: tuple[datetime, ...]


def made(values: Sequence[float | None], *, every: timedelta = MINUTE) -> Made:
    """The first value is of noon."""
    known = [(NOON + every * place, value) for place, value in enumerate(values) if value is not None]
    return Made(tuple(value for _, value in known), tuple(at for at, _ in known))


def noisy(level: float, count: int, *, by: float = 0.05, seed: int = 1) -> list[float]:
    """Values around a level, of the same every time."""
    chance = Random(seed)
    return [level * (1 + chance.gauss(0, by)) for _ in range(count)]
