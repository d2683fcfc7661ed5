"""One form that secrets or people have in text: a gate that is quick to ask, and what finds the places.

A rule says where something is and not what stands instead, because the text it looks at may be a decoded one: the
engine carries the places back to the text as it was written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from typing import Final

MASK: Final = "\ue000"
"""Stands for each character of a mark that is there already, while rules look: no form contains it."""

_BEFORE: Final = 6
_AFTER: Final = 24
"""Characters around a spot that a pattern may need: a sign before a number, what must not follow it."""

Place = tuple[int, int, str]
"""From, to, and what it is."""
Find = Callable[[str], Iterator[Place]]
Check = Callable[["re.Match[str]"], bool]


def words(text: str) -> frozenset[str]:
    """The words of a list that reads better as a line."""
    return frozenset(text.split())


def mark(what: str) -> str:
    """What stands instead of something of this kind."""
    return f"[redacted: {what}]"


@dataclass(frozen=True, kw_only=True)
class Rule:
    """`gate`: lower-case fragments of which one must be in the text; without any, `opens` is asked, or it is tried."""

    find: Find
    gate: tuple[str, ...] = ()
    opens: re.Pattern[str] | None = None
    personal: bool = False


@lru_cache(maxsize=64)
def spots(near: re.Pattern[str], text: str) -> tuple[tuple[int, int], ...]:
    """Where to look: around each match, joined where they touch. Asked by several rules about the same text."""
    found: list[tuple[int, int]] = []
    for one in near.finditer(text):
        start, end = max(0, one.start() - _BEFORE), min(len(text), one.end() + _AFTER)
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    return tuple(found)


def form(
    what: str,
    pattern: str,
    *,
    gate: tuple[str, ...] = (),
    opens: re.Pattern[str] | None = None,
    near: re.Pattern[str] | None = None,
    check: Check | None = None,
    flags: int = re.IGNORECASE,
    personal: bool = False,
) -> Rule:
    """A rule that is a pattern. Where it has a group `x`, that is the place, otherwise the whole match.

    `near` finds the few spots of a text where the pattern is tried at all, which is much quicker than at each letter.
    """
    group: str | int = "x" if "(?P<x>" in pattern else 0
    # Compiled when the gate first opens: all of them together take longer than many a command.
    compiled = cache(partial(re.compile, pattern, flags))

    def find(text: str) -> Iterator[Place]:
        for begin, stop in ((0, len(text)),) if near is None else spots(near, text):
            for found in compiled().finditer(text, begin, stop):
                start, end = found.span(group)
                if end > start and text[start] != MASK and (check is None or check(found)):
                    yield start, end, what

    return Rule(find=find, gate=gate, opens=opens, personal=personal)
