"""Spans of time as people type them: `90s`, `10 min`, `2h`."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Final

_UNITS: Final = {"ms": 0.001, "s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600, "d": 86400}
_LONGEST: Final = 100 * 365 * 86400
"""Seconds."""
_SPAN: Final = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(ms|sec|s|min|m|h|d)\s*")


def span_of(text: str) -> timedelta | None:
    """The span, or `None` for anything else, such as one that leads out of any calendar."""
    said = _SPAN.fullmatch(text)
    seconds = float(said[1]) * _UNITS[said[2]] if said is not None else _LONGEST + 1
    return timedelta(seconds=seconds) if seconds <= _LONGEST else None
