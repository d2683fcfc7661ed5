"""What Google answers, as one of our words; its errors come in two forms, the older of which is that of Cloud SQL."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

from journal.wording import brief
from runbook import Drifted, Permanent, SlowDown, Temporary

SAID = 200
"""Letters of a sentence that Google has written."""

DONE, TOO_MANY, OWN_ERROR = range(200, 300), 429, 500
CONFLICT = frozenset({409, 412})
"""HTTP statuses of what was done, of being asked too often, of Google's own errors, of somebody having been faster."""

TOO_OFTEN = frozenset({"rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded", "RATE_LIMIT_EXCEEDED"})
"""Reasons by which Google asks for fewer calls, also with another status."""

SWITCHED_OFF = frozenset({"SERVICE_DISABLED", "accessNotConfigured"})


class NotThere(Permanent):
    """Google knows no such thing in this project; never the same as one that has nothing to tell."""


def explain(status: int, body: Mapping[str, Any] | None, *, doing: str, account: str) -> Temporary | Permanent:  # noqa: PLR0911 # one for each case
    """One of our words for one of Google's."""
    error, reasons = _error(body)
    said = brief(str(error.get("message", "")), SAID).rstrip(".")
    word = str(error.get("status") or status)
    if status == TOO_MANY or reasons & TOO_OFTEN:
        return SlowDown(f"Google asks to slow down ({word}) when trying to {doing}.")
    if status >= OWN_ERROR:
        return Temporary(f"Google had an error of its own ({word}) when trying to {doing}; it is tried again.")
    if body is None:
        return Permanent(
            f"What answered when trying to {doing} is no JSON (status {status}), so it is not Google; correct"
            " the endpoint, or what stands before it."
        )
    if reasons & SWITCHED_OFF:
        return Permanent(f"An API is switched off in the project, so we cannot {doing}; enable it: {said}.")
    if status == 401:  # noqa: PLR2004 # statuses of HTTP
        return Permanent(f"Google does not know {account} when trying to {doing}; renew its key.")
    if status == 403:  # noqa: PLR2004 # see above
        return Permanent(f"Google does not allow {account} to {doing} ({word}); grant it the generated roles.")
    if status == 404:  # noqa: PLR2004 # see above
        return NotThere(f"Google knows nothing there when trying to {doing}: {said}. Correct the environment.")
    if status in CONFLICT:
        return Drifted(f"It was changed meanwhile, and nothing was done: {said}. Plan again.")
    return Permanent(f"Google refused to {doing} ({word}): {said}.")


def not_let_in(error: Exception, *, doing: str, account: str) -> Temporary | Permanent:
    """No token was given: for a moment, or because account or key are not good."""
    if getattr(error, "retryable", False):
        return Temporary(f"Google gave {account} no token for now, so we could not {doing}.")
    return Permanent(
        f"Google gives {account} no token, so we cannot {doing}; renew its key, or let the machine's own"
        " identity act as it (`roles/iam.serviceAccountTokenCreator`)."
    )


def as_object(content: bytes) -> dict[str, Any] | None:
    """The JSON object that was answered; nothing where it is none."""
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):  # brackets within brackets
        return None
    return cast("dict[str, Any]", found) if isinstance(found, dict) else None


def _error(body: Mapping[str, Any] | None) -> tuple[Mapping[str, Any], frozenset[str]]:
    """The error and its reasons, in either of Google's two forms: `details` of the newer, `errors` of the older."""
    found = (body or {}).get("error")
    if not isinstance(found, dict):
        return {}, frozenset()
    error = cast("dict[str, Any]", found)
    several = [*_maps(error.get("details")), *_maps(error.get("errors"))]
    return error, frozenset(str(one["reason"]) for one in several if "reason" in one)


def _maps(found: Any) -> list[dict[str, Any]]:
    items = cast("list[Any]", found) if isinstance(found, list) else []
    return [cast("dict[str, Any]", one) for one in items if isinstance(one, dict)]
