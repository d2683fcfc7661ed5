"""What was perhaps meant by a name that nobody knows. Imports nothing: every refusal may ask."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

_SHORTEST: Final = 3
"""Letters from which a part of a name may stand for it."""


def nearest(word: str, among: Iterable[str]) -> str | None:
    """The name that is nearest, or nothing. Capitals do not count; the last part of a dotted name is a name too."""
    import difflib  # most names are right

    spelt = {part.casefold(): name for name in among for part in (name.rpartition(".")[2], name)}
    said = word.casefold()
    for near in difflib.get_close_matches(said, spelt, n=1):
        return spelt[near]
    holding = {name for part, name in spelt.items() if len(said) >= _SHORTEST and said in part}
    return holding.pop() if len(holding) == 1 else None


def perhaps(word: str, among: Iterable[str], shown: str = "{!r}") -> str:
    """` Perhaps 'idle_leak'?` behind a refusal, empty where nothing is near. `shown` is how the nearest is written."""
    near = nearest(word, among)
    return f" Perhaps {shown.format(near)}?" if near is not None else ""
