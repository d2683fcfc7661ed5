"""Looping over many so that one that fails stops no other; used by the watch, the escalation and the start forms."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import httpx

from deployments.failing import Failures
from deployments.places import Unreachable
from deployments.receiver.runs import NoRunError
from journal.errors import JournalUnavailable

Work = tuple[str, Callable[[], object]]
"""For whom, and what is to be done."""

IN_A_ROW = 3
"""So many that fail one after another because journal or Prefect is away: then it is, and the others wait as well.

Those that failed so come last the next time, so that a few for whom Prefect never answers keep nobody waiting.
"""


class Cut(Exception):
    """A loop that did not get to all of them, or not with all of them, because something is away."""


def is_away(error: Exception) -> bool:
    """Whether journal or Prefect did not answer: nothing that is wrong with the one that was asked for."""
    if isinstance(error, NoRunError):
        return error.away
    return isinstance(error, JournalUnavailable | Unreachable | httpx.TransportError | Cut)


def each(failures: Failures, part: str, work: Iterable[Work]) -> None:
    """Do it for each of them. One that fails is noted in `failures`, and the next one has its turn.

    Raises Cut, when the others are done, if something was away.
    """
    seen: set[str] = set()
    cut: Cut | None = None
    in_a_row = 0
    last = failures.away[part]
    for whose, do in sorted(work, key=lambda one: one[0] in last):
        seen.add(whose)
        try:
            do()
        except Exception as error:
            if not is_away(error):
                failures.note(part, whose, error)
                in_a_row = 0
                continue
            last.add(whose)
            cut, in_a_row = cut or Cut(f"{whose}: {error}"), in_a_row + 1
            if in_a_row >= IN_A_ROW:
                raise cut from error
        else:
            failures.over(part, whose)
            last.discard(whose)
            in_a_row = 0
    failures.keep(part, seen)
    last &= seen
    if cut is not None:
        raise cut
