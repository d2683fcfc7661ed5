"""From rules to a clean text: ask the rules whose gates are open, at every layer, and replace what they found."""

from __future__ import annotations

import importlib
import re
from functools import lru_cache
from itertools import pairwise
from typing import Final

from journal.redaction.calls import CALLS
from journal.redaction.columns import COLUMNS
from journal.redaction.health import HEALTH
from journal.redaction.identities import IDENTITIES
from journal.redaction.layers import coded, layers
from journal.redaction.lines import LINES
from journal.redaction.named import NAMED
from journal.redaction.names import NAMES
from journal.redaction.nearby import NEARBY
from journal.redaction.people import PEOPLE
from journal.redaction.rule import MASK, Place, Rule, mark
from journal.redaction.shapes import chosen
from journal.redaction.spoken import SPOKEN
from journal.redaction.tokens import TOKENS

MARK: Final = re.compile(r"\[redacted: [^\]\n]{1,40}\]")
_PASSES: Final = 12
_DEEPEST: Final = 3
"""How often Base64 within Base64 is read."""
_RULES: Final = (*TOKENS, *LINES, *NAMED, *COLUMNS, *CALLS, *NEARBY, *SPOKEN, *PEOPLE, *NAMES, *IDENTITIES, *HEALTH)
_UNGATED: Final = tuple(number for number, rule in enumerate(_RULES) if not rule.gate)
_OPENED_BY: Final = {
    fragment: tuple(number for number, rule in enumerate(_RULES) if fragment in rule.gate)
    for fragment in sorted({fragment for rule in _RULES for fragment in rule.gate})
}
"""A fragment, and which rules have it for a gate."""
_IN_WORDS: Final = {one: numbers for one, numbers in _OPENED_BY.items() if one.isalpha()}
_OTHERS: Final = {one: numbers for one, numbers in _OPENED_BY.items() if not one.isalpha()}
_ACCOUNT: Final = re.compile(r"[\w.@+-]{1,60}")
_WORD: Final = re.compile(r"[^\W\d_]{2,}")
_ASCII_WORD: Final = re.compile(r"[a-z]{2,}")
extra: Final[list[Rule]] = []
"""The rules of the installation."""


def warm() -> None:
    """Compile every pattern now; for a process whose children would each do it."""
    importlib.import_module("journal.redaction.numbers")  # it takes a tenth of a second, see `people`
    for rule in _RULES:
        list(rule.find(""))


def clean(text: str, *, personal: bool, depth: int = 0) -> str:
    """The text with marks. Passes until nothing changes: redacting twice must equal once."""
    for _ in range(_PASSES):
        new = _once(text, personal=personal, depth=depth)
        if new == text:
            return text
        text = new
    return mark("secret")  # it never came to rest; what cannot be judged is not kept


def _once(text: str, *, personal: bool, depth: int) -> str:
    masked = MARK.sub(lambda found: MASK * len(found[0]), text) if "[redacted: " in text else text
    places: list[Place] = []
    for layer in layers(masked):
        for rule in _open(layer.text):
            if personal or not rule.personal:
                places += [(*layer.place(start, end), what) for start, end, what in rule.find(layer.text)]
        if depth < _DEEPEST:
            for start, end, said in coded(layer.text):
                if _login(said) or clean(said, personal=personal, depth=depth + 1) != said:
                    places.append((*layer.place(start, end), "coded secret"))
    return _replaced(text, masked, places) if places else text


def _login(said: str) -> bool:
    """Whether it is a name and a password, as `Authorization: Basic` has them."""
    name, sign, password = said.strip().partition(":")
    return bool(sign) and _ACCOUNT.fullmatch(name) is not None and chosen(password)


@lru_cache(maxsize=16384)
def _opened_by(word: str) -> frozenset[int]:
    """Which rules a word opens the gates of. Logs repeat their words, so this is nearly always known."""
    return frozenset(number for one, numbers in _IN_WORDS.items() if one in word for number in numbers)


def _open(text: str) -> list[Rule]:
    """The few rules whose gate is open. Nearly always few: this decides the cost of redaction."""
    lower = text.lower()
    numbers = set(_UNGATED)
    for fragment, some in _OTHERS.items():
        if fragment in lower:
            numbers.update(some)
    numbers.update(*map(_opened_by, set((_ASCII_WORD if lower.isascii() else _WORD).findall(lower))))
    opened: dict[re.Pattern[str] | None, bool] = {None: True}
    found: list[Rule] = []
    for number in sorted(numbers):
        rule = _RULES[number]
        if rule.opens not in opened:
            opened[rule.opens] = rule.opens is not None and rule.opens.search(text) is not None
        if opened[rule.opens]:
            found.append(rule)
    return found + extra


def _replaced(text: str, masked: str, places: list[Place]) -> str:
    """The text with a mark for each place. Where places overlap, the longer one names the whole; marks stay."""
    joined: list[Place] = []
    for start, end, what in sorted(places, key=lambda place: (place[0], -place[1])):
        if joined and start < joined[-1][1]:
            first, last, named = joined[-1]
            joined[-1] = (first, max(last, end), named)
        else:
            joined.append((start, end, what))
    made: list[str] = []
    at = 0
    for start, end, what in joined:
        made.append(text[at:start])
        made += _around_marks(text[start:end], masked[start:end], what)
        at = end
    return "".join([*made, text[at:]])


def _around_marks(text: str, masked: str, what: str) -> list[str]:
    edges = [0, *(at for at in range(1, len(masked)) if (masked[at] == MASK) != (masked[at - 1] == MASK)), len(masked)]
    return [text[a:b] if masked[a] == MASK or not text[a:b].strip() else mark(what) for a, b in pairwise(edges)]
