"""Filters of Cloud Monitoring: equalities that must all hold, one of which names the metric."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from sandbox.google.log_filter import unquoted
from sandbox.google.refused import Refused
from sandbox.google.shapes import found_at

_QUOTED: Final = r'"(?:[^"\\]|\\.)*"'
_EQUAL: Final = re.compile(
    rf"(?P<way>metric\.type|resource\.type|(?:metric|resource)\.labels?\.(?:\w+|{_QUOTED}))\s*=\s*(?P<value>{_QUOTED})"
    r"(?:\s+AND\s+(?=\S)|\s*$)"
)


def parse(text: str) -> Callable[[Mapping[str, Any]], bool]:
    """Whether a series matches. Raises `Refused` for what cannot be read, or names no metric."""
    wanted: dict[tuple[str, ...], str] = {}
    at, text = 0, text.strip()
    while at < len(text) or not wanted:
        if (found := _EQUAL.match(text, at)) is None:
            raise Refused(400, f"The filter cannot be read at column {at + 1}.", field="filter")
        at = found.end()
        first, kind, *rest = found["way"].split(".", 2)
        way = (first, kind if kind == "type" else "labels", *(unquoted(r) if r.startswith('"') else r for r in rest))
        wanted[way] = unquoted(found["value"])
    if ("metric", "type") not in wanted:
        raise Refused(400, "The filter must name one metric by its type.", field="filter")
    return lambda series: all(found_at(series, way) == value for way, value in wanted.items())
