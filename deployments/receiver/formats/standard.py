"""Standard Webhooks and CloudEvents: events of senders that follow a standard and know nothing of us.

Signed by the rules of Standard Webhooks, `webhook-id` naming the delivery. The body is one of four forms:

    Standard Webhooks       {"type": "...", "timestamp": "...", "data": {...}}
    CloudEvents, structured Content-Type: application/cloudevents+json
    CloudEvents, batched    Content-Type: application/cloudevents-batch+json
    CloudEvents, binary     attributes in `ce-` headers, the body is the data

The signature covers id, time and body, so in the binary form the `ce-` headers are the word of the connection only:
use TLS, or the structured form. What the event means is read from its data by the names of `signed` (`name`, `status`,
`severity`, `summary`, `labels`, `fingerprint`), and where those are missing from its type, source and subject.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, cast
from urllib.parse import unquote

from pydantic import Field, RootModel

from deployments.receiver.formats import Call, Format, FormatOptions, Item, Message, Tools
from deployments.receiver.formats._reading import Vendor, clean, labels, moment, parse
from deployments.receiver.formats._reading import severity as severity_of
from deployments.receiver.formats._signing import standard_time, standard_webhook
from deployments.receiver.keys import Keys
from deployments.receiver.refusals import unfit
from runbook.alert import Alert, Severity, fingerprint_of

_ENDED = frozenset({"resolved", "recovered", "closed", "ok", "up", "healthy", "normal", "cleared"})
_BEGUN = frozenset({"firing", "triggered", "opened", "open", "created", "alerting", "down", "failed", "critical"})
_TEXTS = ("summary", "message", "description")


class Options(FormatOptions):
    """`[formats.standard]` in the settings. A secret that begins with `whpk_` is an Ed25519 public key."""

    secrets: list[str] = Field(min_length=1)
    tolerance: timedelta = timedelta(minutes=5)


class _Event(Vendor):
    type: str = Field(min_length=1)
    timestamp: datetime | None = None
    data: Any = None


class _CloudEvent(Vendor):
    specversion: str
    id: str = Field(min_length=1)
    type: str = Field(min_length=1)
    source: str = Field(min_length=1)
    subject: str | None = None
    time: datetime | None = None
    data: Any = None


class _Batch(RootModel[list[_CloudEvent]]):
    pass


class _Anything(RootModel[Any]):
    pass


class Standard:
    """The format. `make` makes it."""

    def __init__(self, options: Options, keys: Keys) -> None:
        self._options, self._keys = options, keys

    async def verify(self, call: Call) -> None:
        """Refuse a sending that is unsigned, wrongly signed, too old or from the future."""
        standard_webhook(call, self._keys, self._options.tolerance)

    def read(self, call: Call) -> Message:
        """One alert for each event."""
        message = call.headers["webhook-id"]
        items = [
            Item(delivery=fingerprint_of(message, str(number)), alert=alert)
            for number, alert in enumerate(_alerts(call))
        ]
        return Message(items=items, sent_at=standard_time(call))


def _alerts(call: Call) -> Sequence[Alert]:
    kind = call.headers.get("content-type", "").lower()
    if kind.startswith("application/cloudevents-batch"):
        batch = parse(_Batch, call.body, "The batch of CloudEvents").root
        if not batch:
            raise unfit("The batch of CloudEvents is empty.")
        return [_of_cloud_event(event) for event in batch]
    if kind.startswith("application/cloudevents"):
        return [_of_cloud_event(parse(_CloudEvent, call.body, "The CloudEvent"))]
    if "ce-specversion" in call.headers:
        return [_of_cloud_event(_binary(call))]
    event = parse(_Event, call.body, "The event")
    return [_alert(event.type, "", "", event.timestamp, event.data)]


def _binary(call: Call) -> _CloudEvent:
    data = parse(_Anything, call.body, "The CloudEvent's data").root if call.body else None
    attributes = {
        name.removeprefix("ce-"): unquote(value) for name, value in call.headers.items() if name.startswith("ce-")
    }
    event = parse(_CloudEvent, _Anything(attributes).model_dump_json(), "The CloudEvent's headers")
    return event.model_copy(update={"data": data})


def _of_cloud_event(event: _CloudEvent) -> Alert:
    if event.specversion != "1.0":
        raise unfit(
            f"CloudEvents version {clean(event.specversion, 20)!r} is not known.", "Send CloudEvents of version 1.0."
        )
    return _alert(event.type, event.source, event.subject or "", event.time, event.data)


def _alert(kind: str, source: str, subject: str, at: datetime | None, given: Any) -> Alert:
    data = cast("dict[str, Any]", given) if isinstance(given, dict) else {}
    stem, _, last = kind.rpartition(".")
    ended = (_text(data, "status").lower() or last.lower()) in _ENDED
    # "monitor.alert.resolved" and "monitor.alert.firing" are one problem's.
    problem = stem if stem and last.lower() in _ENDED | _BEGUN else kind
    own = {str(name): str(value) for name, value in _dict(data, "labels").items()}
    told = {"type": kind, "source": source, "subject": subject}
    name = clean(_text(data, "name") or _text(data, "title") or subject or problem, 300)
    if not name:
        raise unfit("The event does not fit: neither its data nor its type names anything.")
    labelled = sorted(f"{label}={value}" for label, value in own.items())
    return Alert(
        format="standard",
        name=name,
        fingerprint=clean(_text(data, "fingerprint"), 128)
        or fingerprint_of("standard", problem, source, subject, _text(data, "id") if not subject else "", *labelled),
        status="resolved" if ended else "firing",
        severity=severity_of(_text(data, "severity"), Severity.ERROR),
        summary=clean(next((text for key in _TEXTS if (text := _text(data, key))), ""), 4000),
        labels=labels({label: value for label, value in (own | told).items() if value}),
        starts_at=moment(at),
        link=clean(_text(data, "link") or _text(data, "url"), 2000) or None,
    )


def _text(data: dict[str, Any], key: str) -> str:
    value = data.get(key)
    return value if isinstance(value, str) else ""


def _dict(data: dict[str, Any], key: str) -> dict[str, Any]:
    value = data.get(key)
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def make(options: Options, tools: Tools) -> Format:
    """The standard form by the operator's options."""
    return Standard(options, tools.keys(options.secrets))
