"""PagerDuty webhooks V3: incidents that PagerDuty opened, and their end.

Every delivery carries one or more `v1=` signatures over the raw body in `X-PagerDuty-Signature`, one for each secret of
the subscription while it is rotated. There is no timestamp header; the event's own time is in the signed body. A retry
is the very same bytes, so it cannot be told from a replay: both are refused as known, and nothing is lost.
Acknowledgements, notes and the like are taken and lead to nothing; `pagey.ping` is the test of a subscription.

A problem is PagerDuty's incident, whatever it is called and whichever service it is moved to. One that is resolved
because it was merged goes on in the other: that is noted, and ends nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, cast

from pydantic import Field

from deployments.receiver.formats import Call, Format, FormatOptions, Item, Message, Tools, said_nothing
from deployments.receiver.formats._reading import Vendor, address, clean, document, fit, labels, moment, utc
from deployments.receiver.formats._reading import severity as severity_of
from deployments.receiver.formats._signing import AT_MOST, hex_signed, in_time
from deployments.receiver.keys import Keys
from deployments.receiver.refusals import not_authentic, unfit
from runbook.alert import Alert, Severity, fingerprint_of

_REMEDY = "Give the receiver the secret of this webhook subscription in PagerDuty."
_WHAT = "The PagerDuty payload"
_STATUS = {
    "incident.triggered": "firing",
    "incident.reopened": "firing",
    "incident.unacknowledged": "firing",
    "incident.escalated": "firing",
    "incident.resolved": "resolved",
}


class Options(FormatOptions):
    """`[formats.pagerduty]` in the settings."""

    secrets: list[str] = Field(min_length=1)
    window: timedelta = timedelta(hours=25)
    """How old an event may be, by PagerDuty's clock: it tries again for hours, with the time of the event."""


class _Reference(Vendor):
    id: str = ""
    summary: str | None = None


class _Priority(Vendor):
    summary: str | None = None


class _Resolving(Vendor):
    type: str = ""
    incident: _Reference | None = None


class _Data(Vendor):
    id: str = ""
    html_url: str | None = None
    number: int | None = None
    created_at: datetime | None = None
    title: str | None = None
    urgency: str | None = None
    service: _Reference | None = None
    priority: _Priority | None = None
    resolve_reason: _Resolving | None = None


class _Event(Vendor):
    id: str = Field(min_length=1)
    event_type: str
    occurred_at: datetime
    data: _Data = Field(default_factory=_Data)


class _Payload(Vendor):
    event: _Event


class PagerDuty:
    """The format. `make` makes it."""

    def __init__(self, options: Options, keys: Keys) -> None:
        self._options, self._keys = options, keys

    async def verify(self, call: Call) -> None:
        """One right signature among those of the header."""
        header = call.headers.get("x-pagerduty-signature", "")
        given = [one.strip() for one in header.split(",")[:AT_MOST]]
        signatures = [one.removeprefix("v1=").lower() for one in given if one.startswith("v1=")]
        if not signatures:
            raise not_authentic("The delivery is not signed.", _REMEDY)
        if not hex_signed(self._keys, call.body, signatures):
            raise not_authentic("The delivery's signature is wrong.", _REMEDY)

    def read(self, call: Call) -> Message:
        """The incident of the event, if it says that one began or ended."""
        event = fit(_Payload, _version_3(document(call.body, _WHAT)), _WHAT).event
        in_time(utc(event.occurred_at), call, self._options.window, "Let PagerDuty send the event anew.")
        if event.event_type == "pagey.ping":
            return Message(test="PagerDuty's test of the subscription")
        status = _STATUS.get(event.event_type)
        if status is None:
            return said_nothing(f"a PagerDuty event of type {clean(event.event_type, 60)!r}")
        incident = event.data
        if not incident.id:
            raise unfit("The PagerDuty payload does not fit at event.data.id: it is empty.")
        service = incident.service or _Reference()
        told = {
            "service": service.summary or "",
            "service_id": service.id,
            "urgency": incident.urgency or "",
            "number": str(incident.number or ""),
        }
        alert = Alert(
            format="pagerduty",
            name=clean(incident.title or "", 300) or "unnamed incident",
            fingerprint=fingerprint_of("pagerduty", incident.id),
            status="resolved" if status == "resolved" else "firing",
            severity=_severity(incident),
            summary=f"{event.event_type} in PagerDuty" + (f" for {clean(of, 200)}" if (of := service.summary) else ""),
            labels=labels({name: value for name, value in told.items() if value}),
            starts_at=moment(incident.created_at),
            link=address(incident.html_url),
        )
        blind = _merged(incident) if status == "resolved" else ""
        return Message(items=[Item(delivery=fingerprint_of(event.id), alert=alert, blind=blind)], once=True)


def _version_3(given: Any) -> Any:
    if isinstance(given, dict) and "messages" in given and "event" not in given:
        raise unfit("The PagerDuty payload is a V1 or V2 webhook's.", "Subscribe with a V3 webhook.")
    return cast("Any", given)


def _merged(incident: _Data) -> str:
    why = incident.resolve_reason
    if why is None or not why.type.startswith("merge"):
        return ""
    other = clean(why.incident.summary or why.incident.id, 200) if why.incident else ""
    return f"PagerDuty merged it into {other or 'another incident'}"


def _severity(incident: _Data) -> Severity:
    """PagerDuty's priority if there is one (P1 ...), else its urgency: high or low."""
    by_urgency = Severity.WARNING if incident.urgency == "low" else Severity.ERROR
    return severity_of(incident.priority.summary if incident.priority else None, by_urgency)


def make(options: Options, tools: Tools) -> Format:
    """PagerDuty's format by the operator's options."""
    return PagerDuty(options, tools.keys(options.secrets))
