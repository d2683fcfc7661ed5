"""Which names of fields say that their value is secret or personal, whatever it looks like.

Asked for the fields of data by `journal.redaction`, and for names in text (`password=…`, `<dbPass>…`, `--api-key …`) by
`named`. A name is split where its spelling splits it, and its last words decide: `secret_key` is one, `key_count` not.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Final, NamedTuple

from journal.redaction import field_words as words
from journal.redaction.shapes import chosen, digest, harmless, modal, random, speech, wordlike

_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_]+")
_LONGEST: Final = 200
"""Names beyond this are no names."""
_SPACES: Final = 2
_SHORTEST: Final = 4
_WORDLIKE: Final = 0.7
_KEY_SIZE: Final = 32
_RARE_SIGN: Final = re.compile(r"[!%^*~$?&]")
_HAS_DIGIT: Final = re.compile(r"\d")
_HAS_LETTER: Final = re.compile(r"[^\W\d_]")
_ODD: Final = re.compile(r"[^\w\s.,:/-]")


_NEEDED: Final = {
    "pin": re.compile(r"\d{3}|[^\W\d_]\d|\d[^\W\d_]|^[^\W\d_]+$"),
    "e-mail": re.compile(r"@|%40|\bat\b|^[^\W\d_]+[._][^\W\d_]+$|\ue000"),
    "card expiry": re.compile(r"^(?:0[1-9]|1[0-2])\s?[/-]\s?(?:20)?\d\d$"),
    "phone": re.compile(r"^\W*\d|\d{3}|\ue000"),
}
"""What there is at least in a value of that kind: `pin: 3.11`, `mail=postfix` and `tel=collector` are of machines."""


class Kind(NamedTuple):
    """What a name says. A weak name, such as `auth` or `key`, needs a value that looks secret too."""

    what: str
    weak: bool = False
    personal: bool = False


def secret_in(field: str, value: Any) -> str | None:
    """What kind of secret the value of this field is, for its mark; `None` if the name says nothing.

    A boolean or an empty value gives nothing away, and a number under a plural (`tokens: 1500`) is a count.
    """
    if value is None or isinstance(value, bool) or value in ("", [], {}, ()):
        return None
    kind = kind_of(field)
    if kind is None:
        return None
    if isinstance(value, int | float):
        counted = kind.weak or field.rstrip("_").endswith("s") or kind.what == words.SESSION
        return None if counted else kind.what
    if isinstance(value, str):
        return kind.what if tells(kind, value) else None
    return None if kind.weak else kind.what


def tells(kind: Kind, value: str) -> bool:
    """Whether a text under a name of this kind gives something away."""
    if harmless(value) or (" " in value.strip() and (modal(value) if kind.personal else speech(value))):
        return False
    if (needed := _NEEDED.get(kind.what)) and not needed.search(value):
        return False
    if kind.weak:
        return _looks_secret(kind.what, value)
    return not (kind.what == words.SESSION and value.isdigit())


def _looks_secret(what: str, value: str) -> bool:
    """Whether a value by itself looks like what its weak name may stand for."""
    if what == words.KEY:
        return random(value, 16) or (chosen(value) and _RARE_SIGN.search(value) is not None)
    if len(value) < _SHORTEST or " " in value:
        return False
    if what == words.INSIDE:
        return chosen(value.rpartition(":")[2]) or random(value, 24)
    if digest(value):
        # A UUID under a session or a signature may be any id; what somebody proves himself by is none.
        return len(value) >= _KEY_SIZE and ("-" not in value or what == words.CREDENTIAL)
    mixed = _HAS_DIGIT.search(value) and _HAS_LETTER.search(value) and wordlike(value) < _WORDLIKE
    return bool(mixed or _ODD.search(value))


@lru_cache(maxsize=8192)
def kind_of(field: str) -> Kind | None:
    """What a name says about its value."""
    if len(field) > _LONGEST or field.count(" ") > _SPACES:  # a sentence is no name
        return None
    if not field.isascii():
        field = words.folded(field)
    found = [word.lower() for word in _WORD.findall(field)]
    said = list(found)
    while said and (said[-1].isdigit() or said[-1] in words.SUFFIXES) and (len(said) > 1):
        said.pop()
    kind = _of(said) or (_of(found) if said != found else None)
    if kind is not None and kind.what == words.KEY:
        return _constant(field, found) or kind
    if kind is None and len(found) > 1:
        return _inside(found)
    return kind


def _constant(field: str, found: list[str]) -> Kind | None:
    """`CYPRESS_RECORD_KEY`, `machineKey`: secret when its value is a number that no person remembers."""
    if len(found) < _SPACES or " " in field or found[-1] != "key" or found[-2] in words.PLAIN_KEYS:
        return None
    return Kind(words.CREDENTIAL if field.isupper() else "secret", weak=True)


def _inside(said: list[str]) -> Kind | None:
    """`smtp_password_maps`: not the secret by its name, but perhaps by its value."""
    if words.NOT_SECRET.isdisjoint(said) and any(word in words.SECRET or words.joined(word) for word in said[:-1]):
        return Kind(words.INSIDE, weak=True)
    return None


def _of(said: list[str]) -> Kind | None:
    if not said:
        return None
    last, before = said[-1], said[-2] if len(said) > 1 else ""
    what = words.PAIRS.get(before, {}).get(last)
    if what is None and (before in words.NOT_SECRET or last in words.INNOCENT):
        return None
    what = what or words.SECRET.get(last) or _qualified(last, before, said) or words.PERSONAL.get(last)
    if what := what or words.joined(last):
        return Kind(what, personal=what in words.OF_PEOPLE and last not in words.SECRET)
    return Kind(words.WEAK[last], weak=True) if last in words.WEAK else None


def _qualified(last: str, before: str, said: list[str]) -> str | None:
    if last == "key" and not words.KEYS.isdisjoint(said[:-1]) and "public" not in said:
        return "secret"
    return "password" if last in {"pass", "pw"} and before else None
