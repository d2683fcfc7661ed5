"""Looks at a page several times at once: whether a service answers anybody, or only some."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta

from runbook import Facts, look
from tasks.engine import engine
from tasks.web.read import PATIENCE, Page, read_page

DENIED = frozenset({401, 403, 404})
"""HTTP statuses of whoever is not let in, or not told that there is anything."""

BETWEEN = frozenset({502, 504})
"""HTTP statuses of what stands before a service and has no answer of it."""

CHART = "requests without an answer"


class Looks(Facts):
    """The same request, several times at once. Every question raises `LookupError` where one says more of our place."""

    pages: tuple[Page, ...]

    def answered(self) -> int:
        """How many were answered with a success."""
        return sum(one.answers for one in self.pages)

    def all_answered(self) -> bool:
        return self.answered() == len(self.pages)

    def none_answered(self) -> bool:
        return self.answered() == 0

    def denied(self) -> int:
        """How many were turned away as not allowed, or as for what is not there."""
        return self._of(DENIED)

    def cut_off(self) -> int:
        """How many were answered by what stands before it, or broken off."""
        return self._of(BETWEEN) + sum(one.kind in {"silent", "broken"} for one in self.pages)

    def figures(self) -> Mapping[str, tuple[float, str]]:
        found: dict[str, tuple[float, str]] = {}
        with suppress(LookupError):
            found = {CHART: (100 - 100 * self.answered() / len(self.pages), "%")}
        return found

    def _of(self, statuses: frozenset[int]) -> int:
        self.answered()  # says so where one cannot be told
        return sum(one.status in statuses for one in self.pages)

    def __str__(self) -> str:
        many = Counter(f"answered {one.status}" if one.kind == "answered" else one.kind for one in self.pages)
        return f"{self.pages[0].host}: {', '.join(f'{count} {said}' for said, count in many.items())}"


@look("http:GET", bound="a page, as often as is said")
def read_looks(url: str, *, times: int, patience: timedelta = PATIENCE) -> Looks:
    """Ask for one page so many times at once, so that a silent service is waited for once."""
    with engine().threads(times, "looks") as threads:
        asked = [threads.submit(read_page.read, url, patience=patience) for _ in range(times)]
        return Looks(pages=tuple(one.result() for one in asked))
