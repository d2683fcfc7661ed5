"""How Trigger.dev is asked: one bounded request of its management API, and each refusal as one of our words.

No redirect is followed, because the key would follow it. A request that was refused is told by its status and the field
`error`; what else an answer holds is not repeated, since payloads of runs may name patients.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from blocks.switchboard_http import NAMED, OWN_ERROR, Method, request
from journal.wording import brief
from runbook import Permanent, SlowDown, Temporary

if TYPE_CHECKING:
    from blocks.triggerdev import TriggerDev

BOUND = 512 * 1024
"""Bytes of an answer: a page of a hundred runs with what tasks keep of themselves, or one run with its payload."""

WHO = "Trigger.dev"


class NoSuchThing(Permanent):
    """Trigger.dev knows no such run or schedule."""


def told(
    trigger: TriggerDev,
    path: str,
    headers: Mapping[str, str],
    *,
    asked: Mapping[str, str] | None = None,
    method: Method = "GET",
    body: Mapping[str, Any] | None = None,
) -> Mapping[str, Any]:
    """What is answered to one request that is done. Raises one of our errors for all others."""
    query = f"?{urlencode(asked)}" if asked else ""
    heard = request(
        f"{trigger.url}{path}{query}",
        patience=trigger.patience,
        headers=headers,
        method=method,
        body=body,
        who=WHO,
        at_most=BOUND,
    )
    said = f"{method} {path}"
    if heard.status >= OWN_ERROR:
        raise Temporary(f"{WHO} answered {said} with status {heard.status} and may do better soon.")
    if heard.odd:
        raise Permanent(f"{WHO} answered {said} with {heard.odd} (status {heard.status}); correct its address.")
    if heard.status == 200:  # noqa: PLR2004 # HTTP's own
        return heard.body
    raise _refusal(heard.status, brief(str(heard.body.get("error", "")), NAMED), said)


def _refusal(status: int, says: str, said: str) -> Temporary | Permanent:
    match status:
        case 401:
            return Permanent(f"{WHO} does not accept the key for {said}; save one that it knows, and that may do this.")
        case 403:
            return Permanent(f"{WHO} does not let this key {said}; give it a preset that may.")
        case 404:
            return NoSuchThing(f"{WHO} knows nothing by {said}; correct the environment, or plan again.")
        case 429:
            return SlowDown(f"{WHO} asks to slow down (status 429).")
        case _:
            return Permanent(f"{WHO} refused {said} (status {status}): {says or 'it does not say why'}")
