"""What every format needs to turn a vendor's JSON into our strict alert. How leniently, `_lenient` says."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TypeVar

from pydantic import BaseModel

from deployments.receiver.formats._lenient import VITAL, Labels, Vendor, document, fit
from journal.redaction import redact
from runbook.alert import Severity, fingerprint_of

__all__ = [
    "VITAL",
    "Labels",
    "Vendor",
    "address",
    "clean",
    "document",
    "fit",
    "labels",
    "moment",
    "own",
    "parse",
    "series",
    "severity",
    "tags",
    "utc",
]

M = TypeVar("M", bound=BaseModel)

_OLDEST = datetime(1970, 1, 2, tzinfo=UTC)
"""Vendors write year 1 for "no time"; nothing that old is a time."""

_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_LONGEST = 128

_SEVERITIES: dict[str, Severity] = {
    **dict.fromkeys(("critical", "crit", "fatal", "emergency", "alert", "page", "disaster", "1"), Severity.CRITICAL),
    **dict.fromkeys(("error", "err", "high", "major", "2"), Severity.ERROR),
    **dict.fromkeys(("warning", "warn", "medium", "moderate", "average", "minor", "3"), Severity.WARNING),
    **dict.fromkeys(("info", "informational", "notice", "low", "none", "debug", "4", "5"), Severity.INFO),
}
_LEVEL = re.compile(r"(?:p|sev|severity|priority)[ _-]?([0-5])\b")
"""The head of "P1", "SEV-2" and "Sev 1 (outage)". Where levels begin with 0, that is the worst."""
_ADDRESS = re.compile(r"https?://[^/\s].*", re.IGNORECASE | re.DOTALL)


def parse(model: type[M], body: bytes | str, what: str) -> M:
    """The body as that model; `what` names it in the refusal."""
    return fit(model, document(body, what), what)


def clean(text: str, limit: int) -> str:
    """`text` without NUL (databases refuse it), cut to `limit` characters."""
    text = text.replace("\x00", "\ufffd").strip()
    return text if len(text) <= limit else text[: limit - 1] + "…"


def own(form: str, given: str) -> str:
    """A fingerprint that a sender of this form chose: no other form's sender can choose the same.

    One that redaction would change, that is too long or that nobody could read is hashed: it is not shown, and two
    that differ stay two.
    """
    shown = len(form) + 1 + len(given) <= _LONGEST and given.isprintable() and given == given.strip()
    return f"{form}:{given if shown and redact(given) == given else fingerprint_of(form, given)}"


def series(given: Mapping[str, str]) -> list[str]:
    """What labels say, for a fingerprint: no two sets of labels say the same."""
    escaped = ((name.replace("\\", "\\\\").replace("=", "\\="), value) for name, value in given.items())
    return sorted(f"{name}={value}" for name, value in escaped)


def labels(given: Mapping[str, str]) -> dict[str, str]:
    """Labels fit to keep."""
    return {clean(name, 200): clean(value, 2000) for name, value in given.items()}


def moment(given: datetime | None) -> datetime | None:
    """A vendor's time in UTC, read as UTC where it says no zone; `None` where it stands for "no time"."""
    if given is None:
        return None
    try:
        utc = given.replace(tzinfo=UTC) if given.tzinfo is None else given.astimezone(UTC)
    except OverflowError:  # year 1 in a zone east of Greenwich
        return None
    return utc if utc >= _OLDEST else None


def utc(given: datetime) -> datetime:
    """A vendor's time as UTC, for comparing it with the clock; year 1 stands for times out of reach."""
    try:
        return given.replace(tzinfo=UTC) if given.tzinfo is None else given.astimezone(UTC)
    except OverflowError:
        return _LONG_AGO


def tags(given: Iterable[str]) -> dict[str, str]:
    """Tags such as `env:prod` as labels; a bare word is one whose value is `true`."""
    parts = (tag.strip().partition(":") for tag in given)
    return {name.strip(): value.strip() or "true" for name, _, value in parts if name.strip()}


def severity(given: str | None, default: Severity) -> Severity:
    """A vendor's word for severity in ours, digits as P1 to P5; `default` for a word nobody knows."""
    word = (given or "").strip().lower()
    if level := _LEVEL.match(word):
        word = level[1].replace("0", "1")
    return _SEVERITIES.get(word, default)


def address(*given: str | None) -> str | None:
    """The first of these that a browser can open; others lead nowhere, or run something."""
    cleaned = (clean(one, 2000) for one in given if one)
    return next((one for one in cleaned if _ADDRESS.fullmatch(one)), None)
