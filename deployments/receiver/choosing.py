"""What labels may choose: a parameter's value, and the saved environment that a run works on. `routing` asks.

A label comes from outside and ends in addresses, commands and terminals. One that could be anything else there than
what people read is not chosen; the rule's own value stands, and the incident says so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_SAVED = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")
"""How Prefect lets a block be called."""
_MARKUP = frozenset("[]<>{}`\\")
_LONGEST = 200


def chosen(wanted: Mapping[str, str], labels: Mapping[str, str]) -> tuple[dict[str, str], tuple[str, ...]]:
    """The values by parameter that these labels choose, and a sentence for each label that may choose nothing.

    `wanted` has the name of the label by parameter.
    """
    told: dict[str, str] = {}
    remarks: list[str] = []
    for param, label in wanted.items():
        if label not in labels:
            continue
        if why := _unfit(param, labels[label]):
            remarks.append(f"The alert's label {label!r} chose no {param}: {why}.")
        else:
            told[param] = labels[label]
    return told, tuple(remarks)


def _unfit(param: str, value: str) -> str:
    if not value.strip():
        return "it is empty"
    if len(value) > _LONGEST:
        return f"it has {len(value):,} characters, and {_LONGEST} are allowed"
    if not value.isprintable() or value != value.strip():
        return "it holds characters that nobody can see"
    if not _MARKUP.isdisjoint(value) or value.startswith("-"):
        return "it holds characters that mean something to a terminal or a page"
    if param == "environment" and not _SAVED.fullmatch(value):
        return "no saved environment can be called so"
    return ""
