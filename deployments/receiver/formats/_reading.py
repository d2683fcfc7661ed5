"""What every format needs to turn a vendor's JSON into our strict alert."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from deployments.receiver.refusals import malformed, unfit
from runbook.alert import Severity

M = TypeVar("M", bound=BaseModel)

_OLDEST = datetime(1970, 1, 2, tzinfo=UTC)
"""Vendors write year 1 for "no time"; nothing that old is a time."""

_LONG_AGO = datetime.min.replace(tzinfo=UTC)

_SEVERITIES: dict[str, Severity] = {
    **dict.fromkeys(("critical", "fatal", "emergency", "alert", "page", "p1", "sev1", "sev-1"), Severity.CRITICAL),
    **dict.fromkeys(("error", "err", "high", "major", "p2", "sev2", "sev-2"), Severity.ERROR),
    **dict.fromkeys(("warning", "warn", "medium", "minor", "p3", "sev3", "sev-3"), Severity.WARNING),
    **dict.fromkeys(("info", "informational", "notice", "low", "none", "debug", "p4", "p5"), Severity.INFO),
}


class Vendor(BaseModel):
    """Base of what vendors send: what we do not know of is none of our business, and may appear any day."""

    model_config = ConfigDict(frozen=True, extra="ignore")


def parse(model: type[M], body: bytes | str, what: str) -> M:
    """The body as that model; `what` names it in the refusal. Values never get into the refusal: they may be secret."""
    try:
        return model.model_validate_json(body)
    except ValidationError as exc:
        first = exc.errors(include_url=False, include_input=False, include_context=False)[0]
        if first["type"] == "json_invalid":
            raise malformed(f"{what} is not JSON.") from None
        where = ".".join(str(part) for part in first["loc"]) or "the whole"
        raise unfit(f"{what} does not fit at {_visible(where)}: {_visible(first['msg'])}.") from None


def clean(text: str, limit: int) -> str:
    """`text` without NUL (databases refuse it), cut to `limit` characters."""
    text = text.replace("\x00", "\ufffd").strip()
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _visible(text: str) -> str:
    # Names of keys come from outside and end up in a log line.
    return "".join(c if c.isprintable() else "\ufffd" for c in text[:200])


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
    """A vendor's word for severity in ours; `default` for a word nobody knows."""
    return _SEVERITIES.get((given or "").strip().lower(), default)
