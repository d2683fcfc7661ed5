"""Who signs what: names as they are kept, and whether two of them may be one person.

Every channel signs through `signed`. A name that shows other than it is (invisible characters, letters of two scripts)
is refused; the rest is kept in one form (NFKC), so that full-width letters or a combining accent are no other person.
Spelling proves nobody, though: where two must agree or somebody is excluded, `approvals` counts proven identities only.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from journal.errors import OddName, Unsigned

LONGEST: Final = 200
"""Characters of a name; beyond that it is no name."""

_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Categories of what cannot be seen or means nothing: control, format, surrogates, private, unassigned, separators."""

_BLANK: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
"""Letters and marks that show nothing: joiners, fillers, variation selectors, the empty braille cell."""

_ACCENT: Final = re.compile("[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]")
_STRUCK: Final = str.maketrans("łøđħŧıɨƀǥ", "lodhtiibg")
"""Letters whose stroke, or missing dot, Unicode does not take for an accent."""

_TOGETHER: Final = (
    frozenset({"HIRAGANA", "KATAKANA", "CJK"}),
    frozenset({"HANGUL", "CJK"}),
    frozenset({"BOPOMOFO", "CJK"}),
)
"""Scripts that one name is written in together."""


def signed(given: str) -> str:
    """The name as it is kept. Raises `Unsigned` for none, `OddName` for one that may show as another's."""
    if any(unicodedata.category(letter) in _UNSEEN for letter in given.strip("\n\r\t ")):
        raise OddName("it holds invisible or control characters")
    name = " ".join(unicodedata.normalize("NFKC", given).split())
    if not name:
        raise Unsigned("name")
    if len(name) > LONGEST:
        raise OddName(f"it has more than {LONGEST} characters")
    if _BLANK.search(given) or any(unicodedata.category(letter) in _UNSEEN for letter in name):
        raise OddName("it holds invisible or control characters")
    if not any(letter.isalnum() for letter in name):
        raise OddName("it has no letter or digit")
    scripts = _scripts(name)
    if len(scripts) > 1 and not any(scripts <= known for known in _TOGETHER):
        raise OddName(f"it mixes letters of several scripts ({', '.join(sorted(scripts)).lower()})")
    return name


def reasoned(given: str) -> str:
    """The reason as it is kept. Raises `Unsigned` for none."""
    if not given.strip():
        raise Unsigned("reason")
    return given.strip()


def same(one: str, other: str) -> bool:
    """Whether two names may be one person: alike without regard to case, accents and how their letters are coded."""
    return key(one) == key(other)


def key(name: str) -> str:
    """What is equal for names that may be one person's."""
    plain = unicodedata.normalize("NFKC", name).casefold()
    bare = _ACCENT.sub("", unicodedata.normalize("NFD", plain))
    return " ".join(unicodedata.normalize("NFKC", bare).casefold().translate(_STRUCK).split())


def _scripts(name: str) -> frozenset[str]:
    """The scripts of its letters, by the first word of what Unicode calls each."""
    letters = (letter for letter in name if letter.isalpha())
    return frozenset(unicodedata.name(letter, "UNKNOWN").replace("-", " ").split()[0] for letter in letters)
