"""A text as it may have been meant: look-alike characters made plain, escapes undone, Base64 read.

Each layer knows, for each of its characters, where that stands in the text as written, so that what is found in a
decoded layer is replaced in the original and nothing else of it changes.
"""

from __future__ import annotations

import base64
import binascii
import html
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from journal.redaction.shapes import readable, text_of, wordlike

_DEEPEST: Final = 4
_LONGEST: Final = 20_000
"""Characters of one coded word that are read."""
_ESCAPE: Final = re.compile(
    r"(?:%[0-9A-Fa-f]{2})+|\\u(?:\{(?P<braced>[0-9a-fA-F]{1,6})\}|(?P<four>[0-9a-fA-F]{4}))|\\x(?P<two>[0-9a-fA-F]{2})|\\(?P<eight>[0-3][0-7]{2})|\\(?P<sign>[nrtbfv0\"'`\\/$ &=\n])"
    r"|&(?:\#\d{1,6}|\#[xX][0-9a-fA-F]{1,5}|[a-zA-Z]{2,8});|(?P<printable>(?:=[2-7][0-9A-F]){3,})"
    r"|\x1b\[[0-9;?]{0,20}[A-Za-z]|=\r?\n|=(?P<equals>3D)|\^(?=[\"'&|<>])"
)
_WHITE: Final = {"n": "\n", "r": "\n", "t": "\t", "b": " ", "f": " ", "v": " ", "0": " ", "\n": ""}
_WRAPPED: Final = re.compile(r"(?:[A-Za-z0-9+/]{60,76}\s{1,2}){1,200}[A-Za-z0-9+/]{4,76}={0,2}")
_BROKEN: Final = re.compile(
    r"(?<=[\w+/-]{9}[\w+/])=?\\?\r?\n[ \t]*(?=(?P<tail>[\w+/-]{4,200})={0,2}[ \t]*[\"']?(?:\r?\n|\Z))"
)
"""Where a line ends within a word: nothing but its rest stands on the next one."""
_NO_WORD: Final = 0.6
_LONG: Final = re.compile(r"[A-Za-z0-9+/_-]{12,}={0,6}")
_FIRST: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef")
"""In Base64 of plain text each four letters begin with one of the first half of the alphabet."""
_HEX: Final = re.compile(r"(?:0?x)?(?:[2-7][0-9a-fA-F]){8,}")
_SPACED_HEX: Final = re.compile(r"(?<![\w:])(?:[2-7][0-9a-fA-F][ :]){7,}[2-7][0-9a-fA-F](?![\w:])")
_BASE32: Final = re.compile(r"[A-Z2-7]{24,}={0,6}")


@dataclass(frozen=True, kw_only=True)
class Layer:
    """`starts` and `ends` say where each character stands in the original; `None` where that is the same place."""

    text: str
    starts: list[int] | None = None
    ends: list[int] | None = None

    def place(self, start: int, end: int) -> tuple[int, int]:
        """Where a place of this layer is in the original."""
        if self.starts is None or self.ends is None:
            return start, end
        return self.starts[start], self.ends[end - 1]


def layers(text: str) -> Iterator[Layer]:
    """The text with plain characters, and then with one more coat of escapes undone each time."""
    text = text.replace("\0", " ")  # between the arguments of a process, as the kernel lists them
    layer = Layer(text=text) if text.isascii() else _plain(text)
    yield layer
    for _ in range(_DEEPEST):
        if not any(sign in layer.text for sign in ("\\", "%", "&", "\x1b", "=", "^")) or not _ESCAPE.search(layer.text):
            break
        layer = _unescaped(layer)
        if not layer.text.isascii():
            layer = _through(layer, _plain(layer.text))
        yield layer
    if "\n" in layer.text and (breaks := [found for found in _BROKEN.finditer(layer.text) if _within_a_word(found)]):
        yield _replaced(layer, [(found, "") for found in breaks])


def coded(text: str) -> Iterator[tuple[int, int, str]]:
    """Words of the text that say something in Base64, Base32 or hexadecimal: where, and what they say."""
    for found in _LONG.finditer(text):
        if len(found[0]) <= _LONGEST and (said := _read(found[0])) and said != text:
            yield *found.span(), said
    for pattern, read in ((_WRAPPED, _base64), (_SPACED_HEX, _hex)):
        for found in pattern.finditer(text) if pattern is _SPACED_HEX or "\n" in text or " " in text else ():
            if len(found[0]) <= _LONGEST and (said := read(found[0])):
                yield *found.span(), said


def _read(word: str) -> str | None:
    if word[0] in _FIRST and word[4] in _FIRST and word[8] in _FIRST and (said := _base64(word)):
        return said
    if _HEX.fullmatch(word):
        return _hex(word)
    return _base32(word) if word.isupper() and _BASE32.fullmatch(word) else None


def _base64(word: str) -> str | None:
    return readable("".join(word.split()))


def _hex(word: str) -> str | None:
    digits = re.sub(r"^0?x|[ :]", "", word)
    return text_of(bytes.fromhex(digits)) if len(digits) % 2 == 0 else None


def _base32(word: str) -> str | None:
    word = word.rstrip("=")
    try:
        return text_of(base64.b32decode(word + "=" * (-len(word) % 8)))
    except binascii.Error:
        return None


@lru_cache(maxsize=4096)
def _plain_character(c: str) -> str:
    """Full-width and styled letters as plain ones; nothing for what has no width."""
    kind = unicodedata.category(c)
    if kind == "Cf" or c in "\u034f\u115f\u1160\u3164\ufe0e\ufe0f":
        return ""
    if kind == "Co":
        return c
    if kind in {"Zs", "Zl", "Zp"}:
        return " "
    if kind == "Pd":
        return "-"
    return _QUOTES.get(c) or unicodedata.normalize("NFKC", c)


_LOOKALIKE: Final = dict(zip("аеорсухіјѕԁһԛԝАВЕКМНОРСТУХІЈЅ", "aeopcyxijsdhqwABEKMHOPCTYXIJS", strict=True))
"""Cyrillic letters that look like Latin ones."""
_DISGUISE: Final = str.maketrans(_LOOKALIKE)
_CYRILLIC: Final = re.compile(r"[^\W\d_]*[\u0400-\u052f][^\W\d_]*")
_LATIN: Final = re.compile(r"[A-Za-z]")
_QUOTES: Final = {"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "«": '"', "»": '"', "：": ":", "＝": "="}


def _undisguised(found: re.Match[str]) -> str:
    """A word with its look-alikes made Latin; one that is really Cyrillic, such as `пароль`, as it is."""
    made = found[0].translate(_DISGUISE)
    return found[0] if not _LATIN.search(found[0]) and _CYRILLIC.fullmatch(made) else made


def _plain(text: str) -> Layer:
    text = _CYRILLIC.sub(_undisguised, text)  # letter for letter, so that places stay
    made: list[str] = []
    starts: list[int] = []
    for at, c in enumerate(text):
        plain = c if c.isascii() else _plain_character(c)
        made.append(plain)
        starts.extend([at] * len(plain))
    return Layer(text="".join(made), starts=starts, ends=[at + 1 for at in starts])


def _within_a_word(found: re.Match[str]) -> bool:
    word = found.string[found.start() - 10 : found.start()] + found["tail"]
    return any(map(str.isdigit, word)) and wordlike(word) < _NO_WORD


def _unescaped(layer: Layer) -> Layer:
    return _replaced(layer, [(found, _meant(found)) for found in _ESCAPE.finditer(layer.text)])


def _replaced(layer: Layer, instead: list[tuple[re.Match[str], str]]) -> Layer:
    made: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    at, text = 0, layer.text
    for found, said in instead:
        made += [text[at : found.start()], said]
        starts += range(at, found.start())
        ends += range(at + 1, found.start() + 1)
        starts += [found.start()] * len(said)
        ends += [found.end()] * len(said)
        at = found.end()
    made.append(text[at:])
    starts += range(at, len(text))
    ends += range(at + 1, len(text) + 1)
    return _through(layer, Layer(text="".join(made), starts=starts, ends=ends))


def _through(outer: Layer, inner: Layer) -> Layer:
    """The inner layer, with the places of the text that the outer one was made of."""
    if outer.starts is None or outer.ends is None or inner.starts is None or inner.ends is None:
        return inner
    first, last = outer.starts, outer.ends
    return Layer(text=inner.text, starts=[first[at] for at in inner.starts], ends=[last[at - 1] for at in inner.ends])


def _meant(found: re.Match[str]) -> str:
    said, first = found[0], found[0][0]
    if first == "%" or found["printable"]:
        return bytes.fromhex(said.replace(first, "")).decode("utf-8", "replace")
    if first == "&":
        return html.unescape(said)
    if first in {"\x1b", "^"} or said in {"=\n", "=\r\n"}:
        return ""
    if number := found["braced"] or found["four"] or found["two"] or found["equals"]:
        return chr(min(int(number, 16), 0xFFFF)) if int(number, 16) not in range(0xD800, 0xE100) else "?"
    return chr(int(found["eight"], 8)) if found["eight"] else _WHITE.get(found["sign"], found["sign"])
