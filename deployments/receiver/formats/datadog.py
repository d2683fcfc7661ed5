"""Datadog's Webhooks integration, with the payload that `TEMPLATE` says; its author is the operator, in Datadog.

Datadog signs nothing; a custom header shows a bearer token, or the address holds basic auth. `No Data` means that the
monitor cannot see: such an item is `blind`. Datadog tries again after a 5xx.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from pydantic import Field

from deployments.receiver.formats import Call, Format, Item, Message, Tools, said_nothing
from deployments.receiver.formats._credentials import CredentialOptions, check_credentials
from deployments.receiver.formats._reading import Vendor, clean, labels, parse, tags
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
_FIRING = {"triggered": Severity.ERROR, "warn": Severity.WARNING, "renotify": Severity.ERROR}


class Options(CredentialOptions):
    """`[formats.datadog]` in the settings."""

    window: timedelta = timedelta(days=1)


class _Payload(Vendor):
    id: str = Field(min_length=1)
    transition: str
    monitor: str = Field(min_length=1)
    date: str = Field(pattern=r"^[0-9]{10,13}$")
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
        payload = parse(_Payload, call.body, "The Datadog payload")
        if payload.transition.startswith("$") or payload.monitor.startswith("$"):
            raise unfit(
                "The Datadog payload holds variables that were not replaced.", "Correct their names in Datadog."
            )
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
            link=clean(payload.link, 2000) or None,
        )
        return Message(items=[Item(delivery=fingerprint_of(payload.org, payload.id), alert=alert, blind=blind)])


def _name(title: str) -> str:
    """The monitor's own name: Datadog puts "[P1] [Triggered on {host:x}] " before it."""
    return clean(re.sub(r"^(\s*\[[^\]]*\])+\s*", "", title), 300) or clean(title, 300) or "unnamed monitor"


def _sorted(scope: str) -> str:
    return ",".join(sorted(part.strip() for part in scope.split(",") if part.strip()))


def make(options: Options, tools: Tools) -> Format:
    """Datadog's format by the operator's options."""
    return Datadog(options, tools.keys(options.secrets))
