"""Values whose name stands in a head: `INSERT … (login, password) VALUES (…)`, CSV, tables of a terminal."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Final

from journal.redaction.fields import Kind, kind_of, tells
from journal.redaction.named import GATE
from journal.redaction.rule import MASK, Place, Rule
from journal.redaction.shapes import chosen, random, sown

_HEAD: Final = re.compile(
    r"\((?P<names>[\w\"`\[\]., -]{3,2000})\)\s{0,3}(?:=\s{0,3}|(?:output\s[^()]{0,200}\s)?values\s{0,3})\(",
    re.IGNORECASE,
)
_ALIAS: Final = re.compile(r"'(?P<x>[^'\n]{3,400})'(?:::\w+)?\s+as\s+[\"`\[]?(?P<key>\w{2,60})", re.IGNORECASE)
_ASKED: Final = re.compile(
    r"\b(?P<key>\w{2,60})[\"`\]]?\s{0,2}(?:=|<>|\blike\b|\bilike\b)\s{0,2}(?:%s|\?|:\d+|@p\d+|\$(?P<number>\d+))",
    re.IGNORECASE,
)
_INSERT: Final = re.compile(
    r"\((?P<names>[\w\"`\[\]., ]{3,2000})\)\s{0,3}values\s{0,3}\(\s?(?P<first>%s|\?|:1|@p\d|\$1)", re.IGNORECASE
)
_NUMBERED: Final = re.compile(r"\$(?P<number>\d{1,3})\s?=\s?'(?P<x>(?:[^']|'')*)'")
_GIVEN: Final = re.compile(
    r"\b(?:param(?:eter)?s?|args|arguments|values|bind(?:ing)?s?|with)\b[\"']?\s?[:=]?\s?[\[(]\s?(?=[\"'\w])",
    re.IGNORECASE,
)
_ARGUMENT: Final = re.compile(r"\s?(?:(?P<q>[\"'])(?P<x>[^\"'\n]*)(?P=q)|(?P<bare>[^,\[\](){}\"']*))\s?,?")
_NEXT_ROW: Final = re.compile(r"\s{0,3},\s{0,3}\(")
_CELL: Final = re.compile(
    r"\s{0,20}(?:[bnex]?'(?P<quoted>(?:[^'\\]|''|\\.)*)(?:'|\Z)|(?P<bare>[^,()']*))[^,()']{0,40}(?P<end>[,)]|\Z)",
    re.IGNORECASE,
)
_LINE: Final = re.compile(r"[^\r\n]+")
_NAME: Final = re.compile(r"\s*\"?[A-Za-z][\w .-]{0,39}\"?\s*")
_RULER: Final = re.compile(r"[\s+|=:-]+")
_BETWEEN: Final = tuple(re.compile(sign) for sign in (r"\|", r"\t", ",", ";", r" {2,}"))
_TAB: Final = re.compile(r"\t")
_COPY: Final = re.compile(
    r"\bcopy\s+\S{1,200}\s?\((?P<names>[\w\"., ]{3,2000})\)\s+from\s+stdin[^\n]{0,200}\n", re.IGNORECASE
)
_FEWEST: Final = 2
_ROWS: Final = 500
"""Rows of one table, and values of one statement, that are looked at."""


def _of(names: list[str]) -> dict[int, Kind]:
    """Which columns say something about what stands in them."""
    said = {at: kind_of(name.strip(' "`[]').rpartition(".")[2]) for at, name in enumerate(names)}
    return {at: kind for at, kind in said.items() if kind is not None}


def _statements(text: str) -> Iterator[Place]:
    for head in _HEAD.finditer(text):
        kinds = _of(head["names"].split(","))
        at = head.end() if kinds else len(text)
        column = 0
        for _ in range(_ROWS):
            if at >= len(text) or not (cell := _CELL.match(text, at)):
                break
            group = "bare" if cell["quoted"] is None else "quoted"
            if (kind := kinds.get(column)) and (place := _told(kind, text, cell.span(group))):
                yield place
            column, at = column + 1, cell.end()
            if cell["end"] == ")" and (row := _NEXT_ROW.match(text, at)):
                column, at = 0, row.end()
            elif cell["end"] != ",":
                break


def _tables(text: str) -> Iterator[Place]:
    lines = [found.span() for found in _LINE.finditer(text)]
    at = 0
    while at < len(lines) - 1:
        at += 1
        start, end = lines[at - 1]
        for between in _BETWEEN if end - start < _ROWS else ():
            names = between.split(text[start:end])
            if len(names) < _FEWEST or not all(_NAME.fullmatch(name) for name in names if name.strip()):
                continue
            if kinds := _of(names):
                for row in lines[at : at + _ROWS]:
                    yield from _row(text, row, between, len(names), kinds)
            break


def _row(
    text: str, row: tuple[int, int], between: re.Pattern[str], wide: int, kinds: dict[int, Kind]
) -> Iterator[Place]:
    start, end = row
    if _RULER.fullmatch(text, start, end):
        return
    edges = [found.span() for found in between.finditer(text, start, end)]
    if len(edges) != wide - 1:
        return
    cells = zip([start, *(edge[1] for edge in edges)], [*(edge[0] for edge in edges), end], strict=True)
    for column, cell in enumerate(cells):
        if (kind := kinds.get(column)) and (place := _told(kind, text, cell)):
            said = text[slice(*place[:2])]
            # A list of secrets has their names under `secret`.
            if kind.personal or between is not _BETWEEN[-1] or (chosen(said) or random(said, 12) or sown(said, 16)):
                yield place


def _copied(text: str) -> Iterator[Place]:
    """`COPY users (id, password) FROM stdin;` and its rows, as a dump has them."""
    for head in _COPY.finditer(text):
        names = head["names"].split(",")
        if not (kinds := _of(names)):
            continue
        for row in islice(_LINE.finditer(text, head.end()), _ROWS):
            if row[0].strip() == "\\.":
                break
            yield from _row(text, row.span(), _TAB, len(names), kinds)


def _aliases(text: str) -> Iterator[Place]:
    """`SELECT '…' AS password`."""
    for found in _ALIAS.finditer(text):
        if (kind := kind_of(found["key"])) and (place := _told(kind, text, found.span("x"))):
            yield place


def _parameters(text: str) -> Iterator[Place]:
    """`password = %s` and, further on, `parameters: ('ana', '…')`: by their order, or by their numbers."""
    asked = list(_ASKED.finditer(text))
    names = [found["key"] for found in asked]
    if insert := _INSERT.search(text):
        names = [*insert["names"].split(","), *names]
    kinds = _of(names)
    if not kinds:
        return
    numbered = {found["number"]: kind for found in asked if found["number"] and (kind := kind_of(found["key"]))}
    if insert and insert["first"].startswith("$"):
        numbered |= {str(at + 1): kind for at, kind in kinds.items()}
    for found in _NUMBERED.finditer(text):
        if (kind := numbered.get(found["number"])) and (place := _told(kind, text, found.span("x"))):
            yield place
    if given := _GIVEN.search(text):
        at = given.end()
        for column in range(len(names)):
            if not (cell := _ARGUMENT.match(text, at)):
                break
            if (kind := kinds.get(column)) and (place := _told(kind, text, cell.span("x"))):
                yield place
            at = cell.end()


def _told(kind: Kind, text: str, cell: tuple[int, int]) -> Place | None:
    said = text[slice(*cell)]
    start = cell[0] + len(said) - len(said.lstrip(" \t\"'"))
    said = said.strip(" \t\"'")
    if not said or MASK in said or not tells(kind, said):
        return None
    return start, start + len(said), kind.what


COLUMNS: Final[tuple[Rule, ...]] = (
    Rule(find=_statements, gate=GATE, opens=_HEAD),
    Rule(find=_copied, gate=("stdin",), opens=_COPY),
    Rule(find=_aliases, gate=GATE, opens=_ALIAS),
    Rule(find=_parameters, gate=GATE, opens=re.compile(r"[=(>e]\s{0,2}(?:%s|\?|:\d|\$\d|@p\d)")),
    Rule(find=_tables, gate=GATE, opens=re.compile(r"\n")),
)
