"""Looks at the ages that entries of Cloud Logging tell, such as that of a token that was over, by marks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, cast

from blocks.google import Google
from blocks.google_logs import entries
from journal import clock
from journal.wording import span
from runbook import Facts, look
from runbook.shares import LEAST, share
from tasks.gcplogs.read import PAGE, PAGES
from tasks.gcplogs.wanted import Wanted

BEFORE = timedelta(seconds=5)
LATER = timedelta(minutes=1)
LATER_SHARE = 0.05
"""So much earlier or later is still at the mark: clocks differ by seconds, and what is over is noticed at the next
request."""


class Ages(Facts):
    """How many entries told an age, and how many of them were just past each mark (`at`); a mark is a time by name."""

    marks: Mapping[str, timedelta]
    told: int
    at: Mapping[str, int]
    complete: bool

    def share_at(self, mark: str) -> float:
        """Which share (0..1) is at a mark. Raises `LookupError` of too few, or where some were not read."""
        if not self.complete or mark not in self.marks:
            raise LookupError(f"not all ages were read, or nobody knows what {mark} is")
        return share(self.at.get(mark, 0), self.told, "entries that tell an age", least=LEAST)

    def share_only_at(self, mark: str) -> float:
        """The same, where no other mark is as near: `LookupError` where one is, since nobody could tell them apart."""
        found = self.share_at(mark)
        at = self.marks[mark]
        same = [one for one, other in self.marks.items() if one != mark and (_is_at(at, other) or _is_at(other, at))]
        if same:
            raise LookupError(f"{mark} and {same[0]} are at the same age ({span(at)}), so nobody can tell them apart")
        return found

    def __str__(self) -> str:
        found = ", ".join(f"{self.at.get(name, 0)} at {name} ({span(mark)})" for name, mark in self.marks.items())
        return f"{self.told} entries tell an age: {found or 'no mark is known'}"


@look("google:logging.logEntries.list", bound=f"one number of each of {PAGE * PAGES} entries")
def read_ages(google: Google, wanted: Wanted, field: str, *, window: timedelta, marks: Mapping[str, timedelta]) -> Ages:
    """Count ages in seconds, in a field of JSON entries. Raises `Permanent` when they may not be read."""
    end, told, complete = clock.now(), 0, False
    at = dict.fromkeys(marks, 0)
    for entry in entries(google, wanted.within(end - window, end), page=PAGE, pages=PAGES):
        if entry is None:
            complete = True
            break
        age = _number(entry.payload, field)
        if age is None:
            continue
        told += 1
        for name, mark in marks.items():
            at[name] += _is_at(age, mark)
    return Ages(marks=dict(marks), told=told, at=at, complete=complete)


def _is_at(age: timedelta, mark: timedelta) -> bool:
    return mark - BEFORE <= age <= mark + max(LATER, LATER_SHARE * mark)


def _number(payload: Any, field: str) -> timedelta | None:
    found = cast("dict[str, Any]", payload).get(field) if isinstance(payload, dict) else None
    if isinstance(found, bool) or not isinstance(found, int | float) or not 0 <= found < timedelta.max.total_seconds():
        return None
    return timedelta(seconds=found)
