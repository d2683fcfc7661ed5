"""Filters of Cloud Logging: comparisons and texts that must all hold. `OR`, `NOT` and brackets are not served here."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from sandbox.google.refused import Refused
from sandbox.google.shapes import found_at, moment

SEVERITIES: Final = ("DEFAULT", "DEBUG", "INFO", "NOTICE", "WARNING", "ERROR", "CRITICAL", "ALERT", "EMERGENCY")
FIELDS: Final = frozenset(
    [
        "timestamp",
        "receiveTimestamp",
        "severity",
        "resource",
        "labels",
        "textPayload",
        "jsonPayload",
        "protoPayload",
        "httpRequest",
        "logName",
        "insertId",
    ]
)
"""Of an entry, as far as they are asked for."""

_QUOTED: Final = r'"(?:[^"\\]|\\.)*"'
_PART: Final = rf"(?:[A-Za-z_]\w*|{_QUOTED})"
_TOKEN: Final = re.compile(
    rf"\s*(?:(?P<path>{_PART}(?:\.{_PART})*)\s*(?P<op>>=|<=|!=|=~|=|>|<|:)\s*(?P<value>{_QUOTED}|[^\s()\"]+)"
    rf"|(?P<text>{_QUOTED})|(?P<word>AND\b)|(?P<other>OR\b|NOT\b|-|\(|\)))"
)

Condition = Callable[[Mapping[str, Any]], bool]


def parse(text: str) -> Condition:
    """Whether an entry matches. Raises `Refused` for what cannot be read, or is not served."""
    conditions: list[Condition] = []
    at, expects = 0, True
    while at < len(text.rstrip()):
        found = _TOKEN.match(text, at)
        if found is None:
            raise Refused(400, f"Unparseable filter: syntax error at column {at + 1}.", field="filter")
        at = found.end()
        if found["other"]:
            raise Refused(501, f"{found['other']} in a filter is not served here.")
        if found["word"]:
            if expects:
                raise Refused(400, "Unparseable filter: AND joins two conditions.", field="filter")
            expects = True
            continue
        conditions.append(_holds(unquoted(found["text"])) if found["text"] else _compared(found))
        expects = False
    if expects and conditions:
        raise Refused(400, "Unparseable filter: it ends with AND.", field="filter")
    return lambda entry: all(one(entry) for one in conditions)


@dataclass(frozen=True)
class _Compare:
    way: tuple[str, ...]
    op: str
    value: str

    def __call__(self, entry: Mapping[str, Any]) -> bool:
        if (found := found_at(entry, self.way)) is None:
            return self.op == "!="
        match self.op:
            case "=~":
                return re.search(self.value, str(found)) is not None
            case ":":
                return self.value.casefold() in str(found).casefold()
            case "=" | "!=":
                return (_plain(found) == self.value.casefold()) == (self.op == "=")
            case _:
                ours, theirs = self.ordered(found), self.ordered(self.value)
                return {">=": ours >= theirs, "<=": ours <= theirs, ">": ours > theirs, "<": ours < theirs}[self.op]

    def ordered(self, value: Any) -> Any:
        """What is larger than what: severities, times, numbers. Raises `Refused` for anything else."""
        if self.way == ("severity",) and value in SEVERITIES:
            return SEVERITIES.index(value)
        if self.way[-1] in {"timestamp", "receiveTimestamp"} and (at := moment(str(value))) is not None:
            return at
        try:
            return float(value)
        except ValueError as error:
            raise Refused(400, f"{value!r} cannot be compared by {self.op}.", field="filter") from error


def _compared(found: re.Match[str]) -> Condition:
    way = tuple(unquoted(part) if part.startswith('"') else part for part in re.findall(_PART, found["path"]))
    if way[0] not in FIELDS:
        raise Refused(400, f"Unparseable filter: an entry has no field {way[0]}.", field="filter")
    value = unquoted(found["value"]) if found["value"].startswith('"') else found["value"]
    compare = _Compare(way, found["op"], value)
    if found["op"] in {">=", "<=", ">", "<"}:
        compare.ordered(value)  # refused before any entry is looked at
    return compare


def _holds(text: str) -> Condition:
    return lambda entry: text.casefold() in "\n".join(_leaves(entry)).casefold()


def _leaves(value: Any) -> list[str]:
    match value:
        case dict():
            return [leaf for inner in cast("dict[str, Any]", value).values() for leaf in _leaves(inner)]
        case list():
            return [leaf for inner in cast("list[Any]", value) for leaf in _leaves(inner)]
        case _:
            return [str(value)]


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value).casefold()


def unquoted(text: str) -> str:
    """What stands between quotes, with what was escaped. Raises `Refused` for an escape that is none."""
    try:
        return json.loads(re.sub(r"\\x([0-9a-fA-F]{2})", r"\\u00\1", text), strict=False)
    except ValueError as error:
        raise Refused(400, "Unparseable filter: a text has an escape that is none.", field="filter") from error
