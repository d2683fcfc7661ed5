"""Looks for what was planted: in the place of one text, or for all of it at once in a dump of tens of megabytes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tests.redaction.making import Planted

_PLACE = 6
"""Characters of a secret that tell, in the place of its own text."""
_WHOLE_DUMP = 8
"""Characters that tell among all rows: fewer may be there by chance."""


def leaked(one: Planted, clean: str, *, least: int = _PLACE) -> bool:
    """Whether half of a secret, or so many characters of a short one, is still there."""
    return any(piece in clean for piece in _pieces(one, least))


def told_by_a_dump(one: Planted) -> bool:
    """Whether all its secrets are long enough to be looked for among all rows."""
    # The word that many passwords begin with is no part of one's own: among all of them that tells nothing.
    return min(map(len, one.secrets)) >= _WHOLE_DUMP


def left_in(every: Sequence[Planted], dump: str) -> list[Planted]:
    """Those of which as much is in a dump of all, in one pass: at each place, what may begin there."""
    beginning: dict[str, list[tuple[str, int]]] = {}
    for number, one in enumerate(every):
        for piece in _pieces(one, _WHOLE_DUMP):
            beginning.setdefault(piece[:_WHOLE_DUMP], []).append((piece, number))
    found: set[int] = set()
    for at in range(len(dump) - _WHOLE_DUMP + 1):
        if (pieces := beginning.get(dump[at : at + _WHOLE_DUMP])) is not None:
            found.update(number for piece, number in pieces if dump.startswith(piece, at))
    return [one for number, one in enumerate(every) if number in found]


def passed(every: Sequence[Planted], shown: str | Sequence[str], alone: Sequence[str]) -> list[Planted]:
    """What is still there: of each text in its own place, or of all in one dump of a sink.

    What is too short for a dump is looked for in what came out of the function `alone`.
    """
    if not isinstance(shown, str):
        return [one for one, text in zip(every, shown, strict=True) if leaked(one, text)]
    both = list(zip(every, alone, strict=True))
    short = [one for one, text in both if not told_by_a_dump(one) and leaked(one, text, least=_WHOLE_DUMP)]
    return short + left_in([one for one in every if told_by_a_dump(one)], shown)


def _pieces(one: Planted, least: int) -> Iterator[str]:
    for secret in one.secrets:
        size = min(len(secret), max(least, (len(secret) + 1) // 2))
        yield from (secret[at : at + size] for at in range(len(secret) - size + 1))
