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
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\ufff9-\uffff"
    "\U0001d159\U000e0100-\U000e01ef]"
)
"""What shows nothing, or not what it is: joiners, fillers, variation selectors, empty cells and notes, stand-ins."""

_ACCENT: Final = re.compile("[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]")
_ALIKE: Final = str.maketrans(
    "ıɑɡƅǃ\u2010\u2011\u2012\u2013\u2014\u2212\u02d7"
    "\u2018\u2019\u201b\u2032\u02b9\u02bb\u02bc\u02bd\u02be\u02bf\u02c8`\u00b4\ua78c\u05f3"
    "\u2215\u2044\ua789\u2236\u05c3\u00b7\u2027\u06d4\u212e"
    "аеорсхуіјѕһԁԛԝкмтвн"
    "αορνυικτχηεβμγ",
    "iagb!-------'''''''''''''''//:::...eaeopcxyijshdqwkmtbhaopvuiktxnebuy",
)
"""Letters and signs that show like those of plain names: without a dot, dashes, apostrophes, Cyrillic, Greek."""

_PLAIN: Final = re.compile(r"LATIN (?:SMALL |CAPITAL )?LETTER (?:SMALL CAPITAL )?([A-Z])(?: WITH .+)?")
"""What Unicode calls a letter that is one of A to Z, small as a capital, with a stroke or with a hook."""

_OF_A_SCRIPT: Final = frozenset({"Mn", "Mc", "Me", "Nd"})
_OF_ALL: Final = re.compile(f"[0-9\u02b9\u02bb-\u02bf\u02c8]|{_ACCENT.pattern}")

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
    alike = unicodedata.normalize("NFKC", bare).casefold().translate(_ALIKE)
    return " ".join("".join(map(_shows, alike)).split())


def _shows(letter: str) -> str:
    """The plain letter that another one shows like, if it is one."""
    if letter.isascii():
        return letter
    found = _PLAIN.fullmatch(unicodedata.name(letter, ""))
    return found[1].lower() if found else letter


def _scripts(name: str) -> frozenset[str]:
    """The scripts of its letters, digits and marks, by the first word of what Unicode calls each.

    Plain digits, accents, and letters that stand for an apostrophe (as in Hawaiian) belong to all.
    """
    signs = (sign for sign in name if sign.isalpha() or unicodedata.category(sign) in _OF_A_SCRIPT)
    return frozenset(_script(unicodedata.name(sign, "UNKNOWN")) for sign in signs if not _OF_ALL.match(sign))


def _script(called: str) -> str:
    first, *rest = called.replace("-", " ").split()
    first = rest[0] if first in {"COMBINING", "EXTENDED"} and rest else first
    return "CJK" if first == "IDEOGRAPHIC" else first
