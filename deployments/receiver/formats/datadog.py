"""Datadog's Webhooks integration, with the payload that `TEMPLATE` says; its author is the operator, in Datadog.

Datadog signs nothing; a custom header shows a bearer token, or the address holds basic auth. `No Data` means that the
monitor cannot see: such an item is `blind`. Datadog tries again after a 5xx, five times; `date` is Datadog's own clock.
A problem is a monitor's id and a scope, whatever the monitor is called. A title that begins with `[TEST]` is a test
notification of a monitor. Whatever else of Datadog mentions the webhook, a downtime or an event, has no transition.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final, cast

from pydantic import Field

from deployments.receiver.formats import CANNOT_SEE, Call, Format, Item, Message, Tools, said_nothing
from deployments.receiver.formats._credentials import CredentialOptions, check_credentials
from deployments.receiver.formats._reading import Vendor, address, clean, document, fit, labels, tags
from deployments.receiver.formats._reading import severity as severity_of
from deployments.receiver.formats._signing import in_time
from deployments.receiver.keys import Keys
from deployments.receiver.refusals import unfit
from runbook.alert import Alert, Severity, fingerprint_of

TEMPLATE: Final = {
    "id": "$ID",
    "transition": "$ALERT_TRANSITION",
    "monitor": "$ALERT_ID",
    "scope": "$ALERT_SCOPE",
    "cycle": "$ALERT_CYCLE_KEY",
    "title": "$EVENT_TITLE",
    "status": "$ALERT_STATUS",
    "priority": "$ALERT_PRIORITY",
    "metric": "$ALERT_METRIC",
    "tags": "$TAGS",
    "date": "$DATE",
    "link": "$LINK",
    "org": "$ORG_ID",
}
"""What to enter as the webhook's payload. Datadog replaces what begins with a dollar sign."""

_REMEDY = 'Set the webhook\'s custom headers in Datadog to {"Authorization": "Bearer <the receiver\'s secret>"}.'
_WHAT = "The Datadog payload"
_STATES = "Triggered|Recovered|Warn|No Data|Renotify|Alert|OK"
_BEFORE = re.compile(
    rf"\s*(?:\[TEST\]\s*)?(?:\[P[1-5]\]\s*)?(?:\[(?:Re-)?(?:{_STATES})(?: on (?:\{{.*?\}}|[^\]{{]*))?\]\s*)?",
    re.IGNORECASE,
)
"""What Datadog puts before a monitor's own name: "[P1] [Triggered on {host:x}] ". A scope may have braces in it."""
_FIRING = {"triggered": Severity.ERROR, "warn": Severity.WARNING, "renotify": Severity.ERROR}


class Options(CredentialOptions):
    """`[formats.datadog]` in the settings."""

    window: timedelta = timedelta(days=1)


class _About(Vendor):
    transition: str | None = "unknown"
    monitor: str | None = "unknown"
    title: str = ""

    @property
    def is_no_monitors(self) -> bool:
        """Whether a monitor's variables were replaced by nothing."""
        return not ((self.transition or "").strip() or (self.monitor or "").strip())


class _Payload(Vendor):
    id: str = Field(min_length=1)
    transition: str
    monitor: str = Field(min_length=1)
    date: str = Field(pattern=r"^[0-9]{10,13}(\.[0-9]*)?$")
    title: str = ""
    scope: str = ""
    cycle: str = ""
    status: str = ""
    priority: str = ""
    metric: str = ""
    tags: str = ""
    link: str = ""
    org: str = ""


class Datadog:
    """The format. `make` makes it."""

    def __init__(self, options: Options, keys: Keys) -> None:
        self._options, self._keys = options, keys

    async def verify(self, call: Call) -> None:
        """The secret in the webhook's custom header."""
        check_credentials(call, self._options, self._keys, _REMEDY)

    def read(self, call: Call) -> Message:
        """The monitor's change of state."""
        given = _replaced(document(call.body, _WHAT))
        if (about := fit(_About, given, _WHAT)).is_no_monitors:
            return said_nothing(f"what Datadog says of no monitor ({clean(about.title, 60)!r})")
        payload = fit(_Payload, given, _WHAT)
        if payload.title.lstrip().upper().startswith("[TEST]"):
            return Message(test="a monitor's test notification by Datadog")
        at = datetime.fromtimestamp(int(payload.date[:10]), tz=UTC)
        in_time(at, call, self._options.window, "Let Datadog notify anew.")
        transition = payload.transition.lower().removeprefix("re-")
        recovered, blind = transition == "recovered", transition == "no data"
        if not (recovered or blind or transition in _FIRING):
            return said_nothing(f"Datadog's transition {clean(payload.transition, 60)!r}")
        told = {"monitor": payload.monitor, "metric": payload.metric, "transition": payload.transition}
        alert = Alert(
            format="datadog",
            name=_name(payload.title),
            fingerprint=fingerprint_of("datadog", payload.org, payload.monitor, _sorted(payload.scope)),
            status="resolved" if recovered else "firing",
            severity=severity_of(payload.priority, _FIRING.get(transition, Severity.ERROR)),
            summary=clean(payload.status or payload.title, 4000),
            labels=labels(tags(f"{payload.tags},{payload.scope}".split(",")) | {n: v for n, v in told.items() if v}),
            starts_at=at,
            link=address(payload.link),
        )
        # A sending once more says all of that again; the template's author may have put something else under `id`.
        sending = (payload.org, payload.id, payload.monitor, _sorted(payload.scope), transition, payload.date)
        return Message(items=[Item(delivery=fingerprint_of(*sending), alert=alert, blind=CANNOT_SEE if blind else "")])


def _replaced(given: object) -> object:
    read = {str(n): str(v) for n, v in cast("dict[object, object]", given).items()} if isinstance(given, dict) else {}
    if any(value.strip().startswith("$") for name, value in read.items() if name in {"transition", "monitor", "date"}):
        raise unfit("The Datadog payload holds variables that were not replaced.", "Correct their names in Datadog.")
    if "transition" not in read and "event_type" in read:
        raise unfit(
            "The Datadog payload is the one that Datadog writes by itself.", "Enter the payload of the documents."
        )
    return cast("object", given)


def _name(title: str) -> str:
    """The monitor's own name, with the brackets that are its own."""
    before = _BEFORE.match(title)
    return clean(title[before.end() if before else 0 :], 300) or clean(title, 300) or "unnamed monitor"


def _sorted(scope: str) -> str:
    return ",".join(sorted(part.strip() for part in scope.split(",") if part.strip()))


def make(options: Options, tools: Tools) -> Format:
    """Datadog's format by the operator's options."""
    return Datadog(options, tools.keys(options.secrets))
