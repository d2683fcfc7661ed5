"""Small pieces of wording shared by everything that writes for people."""

from __future__ import annotations

from datetime import timedelta


def duration(length: timedelta) -> str:
    """A duration as people say it: `90 s`, `30 min`, `2 h`."""
    seconds = length.total_seconds()
    for unit, size in (("h", 3600), ("min", 60)):
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:g} {unit}"
    return f"{seconds:g} s"


def cell(text: str) -> str:
    """Text that is safe inside a Markdown table cell."""
    return text.replace("|", "\\|").replace("\n", " ")
