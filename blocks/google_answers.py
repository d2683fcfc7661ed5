"""What Google answers, as one of our words; its errors come in two forms, the older of which is that of Cloud SQL."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, cast

from journal.redaction import redact
from journal.wording import brief
from runbook import Drifted, Permanent, SlowDown, Temporary

SAID = 200
"""Letters of a sentence that Google has written."""

DONE, TOO_MANY, OWN_ERROR = range(200, 300), 429, 500
CONFLICT = frozenset({409, 412})
"""HTTP statuses of what was done, of being asked too often, of Google's own errors, of somebody having been faster."""

TOO_OFTEN = frozenset(
    {"rateLimitExceeded", "userRateLimitExceeded", "dailyLimitExceeded", "quotaExceeded", "RATE_LIMIT_EXCEEDED"}
)
"""Reasons by which Google asks for fewer calls, also with another status."""

SWITCHED_OFF = frozenset({"SERVICE_DISABLED", "accessNotConfigured"})


NOT_ALLOWED = frozenset({"IAM_PERMISSION_DENIED", "forbidden", "notAuthorized", "insufficientPermissions"})
"""Reasons of a refusal that a role mends. No role lets anybody into a project that is suspended, unpaid or fenced."""


class NotThere(Permanent):
    """Google knows no such thing in this project; never the same as one that has nothing to tell."""


def explain(status: int, body: Mapping[str, Any] | None, *, doing: str, account: str) -> Temporary | Permanent:  # noqa: PLR0911 # one for each case
    """One of our words for one of Google's."""
    error, reasons = _error(body)
    said, word = saying(error).rstrip("."), told(error.get("status") or status)
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
    if status == 403 and reasons and not reasons & NOT_ALLOWED:  # noqa: PLR2004 # see above
        why = ", ".join(sorted(map(told, reasons)))
        return Permanent(f"Google lets nobody {doing} ({why}): {said}. See to that first; no role of ours mends it.")
    if status == 403:  # noqa: PLR2004 # see above
        return Permanent(f"Google does not allow {account} to {doing} ({word}); grant it the generated roles.")
    if status == 404:  # noqa: PLR2004 # see above
        return NotThere(f"Google knows nothing there when trying to {doing}: {said}. Correct the environment.")
    if status in CONFLICT:
        return Drifted(f"It was changed meanwhile, and nothing was done: {said}. Plan again.")
    return Permanent(f"Google refused to {doing} ({word}): {said}.")


def told(text: object) -> str:
    """What Google has written, for people: on one line, and without secrets or people that it repeats."""
    return str(redact(brief(str(text), SAID)))


def saying(error: Any) -> str:
    """The sentence of an error, whether of a refusal or of an operation; nothing where there is none."""
    found = cast("dict[str, Any]", error).get("message") if isinstance(error, dict) else error
    return told(found or "")


def not_let_in(error: Exception, *, doing: str, account: str) -> Temporary | Permanent:
    """No token was given: for a moment, or because account, key or clock are not good."""
    if not hasattr(error, "retryable"):  # the library takes at its word whoever gives tokens
        return Permanent(
            f"What was asked for a token of {account} answers as Google does not, so we cannot {doing}; correct the"
            " token_uri of its key, or what stands before it."
        )
    answer = error.args[1] if len(error.args) > 1 else None
    body = as_object(answer.encode()) if isinstance(answer, str) else answer
    code = _error(body)[0].get("code")
    if isinstance(code, int) and (code >= OWN_ERROR or code == TOO_MANY or _error(body)[1] & SWITCHED_OFF):
        return explain(code, body, doing=f"get a token of {account}", account=account)
    if getattr(error, "retryable", False):
        return Temporary(f"Google gave {account} no token for now, so we could not {doing}.")
    if _TIMES.search(str((body or {}).get("error_description", ""))):
        return Permanent(
            f"Google gives {account} no token, since this machine's clock is not right, so we cannot {doing}; set it."
        )
    return Permanent(
        f"Google gives {account} no token, so we cannot {doing}; renew its key, or let the machine's own"
        " identity act as it (`roles/iam.serviceAccountTokenCreator`)."
    )


_TIMES = re.compile(r"\biat\b|\bexp\b|timeframe")
"""What Google says of a claim that was signed too early or too late by its own clock."""


def as_object(content: bytes) -> dict[str, Any] | None:
    """The JSON object that was answered; nothing where it is none."""
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):  # brackets within brackets
        return None
    return cast("dict[str, Any]", found) if isinstance(found, dict) else None


def _error(body: Mapping[str, Any] | None) -> tuple[Mapping[str, Any], frozenset[str]]:
    """The error and its reasons, in either of Google's two forms: `details` of the newer, `errors` of the older."""
    found = body.get("error") if isinstance(body, Mapping) else None  # pyright: ignore[reportUnnecessaryIsInstance] # of a library without types
    if not isinstance(found, dict):
        return {}, frozenset()
    error = cast("dict[str, Any]", found)
    several = [*_maps(error.get("details")), *_maps(error.get("errors"))]
    return error, frozenset(str(one["reason"]) for one in several if "reason" in one)


def _maps(found: Any) -> list[dict[str, Any]]:
    items = cast("list[Any]", found) if isinstance(found, list) else []
    return [cast("dict[str, Any]", one) for one in items if isinstance(one, dict)]
