"""When a share is one: one failure of two requests is not half of them.

Whatever divides a count by another asks here, so that of a small sample nobody is told a rate. A reading says the two
counts, and never the share alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

T = TypeVar("T")

LEAST = 8
"""Of fewer requests, sign-ins or the like there is no rate: one that failed is then neither a rate nor chance."""

FEW = 3
"""Of fewer failures nobody can tell of which kind most are: one or two are of some kind, whatever it is."""


def share(count: float, total: float, of: str, *, least: float = LEAST) -> float:
    """A count as a share (0..1) of a total. Of fewer than `least`, or of nothing, there is none: `LookupError`."""
    if total < least or not total:
        raise LookupError(f"there were only {total:g} {of}, too few to tell")
    return count / total


def of_any(several: Iterable[T], so: Callable[[T], bool]) -> bool:
    """Whether it is so of one. Raises `LookupError` where that is not known of one, and it is so of no other."""
    unknown: LookupError | None = None
    for one in several:
        try:
            if so(one):
                return True
        except LookupError as why:
            unknown = why
    if unknown is not None:
        raise unknown
    return False
