"""Spans of time as people type them: `90s`, `10 min`, `2h`; and since when something counts."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from deployments.errors import Usage

_UNITS: Final = {"ms": 0.001, "s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600, "d": 86400}
_LONGEST: Final = 100 * 365 * 86400
"""Seconds."""
_SPAN: Final = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(ms|sec|s|min|m|h|d)\s*")


def span_of(text: str) -> timedelta | None:
    """The span, or `None` for anything else, such as one that leads out of any calendar."""
    said = _SPAN.fullmatch(text)
    seconds = float(said[1]) * _UNITS[said[2]] if said is not None else _LONGEST + 1
    return timedelta(seconds=seconds) if seconds <= _LONGEST else None


def since(given: str, now: datetime) -> datetime:
    """The moment that is meant: a span back from now, or a date. Raises Usage."""
    if (length := span_of(given)) is not None:
        return now - length
    try:
        found = datetime.fromisoformat(given)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Usage(f"{given!r} is no time; write a span such as 90d, or a date such as 2026-01-31.") from None
