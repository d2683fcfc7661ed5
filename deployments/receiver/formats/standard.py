"""Standard Webhooks and CloudEvents: events of senders that follow a standard and know nothing of us.

Signed by the rules of Standard Webhooks, `webhook-id` naming the delivery. The body is one of four forms:

    Standard Webhooks       {"type": "...", "timestamp": "...", "data": {...}}
    CloudEvents, structured Content-Type: application/cloudevents+json
    CloudEvents, batched    Content-Type: application/cloudevents-batch+json
    CloudEvents, binary     attributes in `ce-` headers, the body is the data

The signature covers id, time and body, so in the binary form the `ce-` headers are the word of the connection only:
use TLS, or the structured form. What the event means is read from its data by the names of `signed` (`name`, `status`,
`severity`, `summary`, `labels`, `fingerprint`), and where those are missing from its type, source and subject. Data
need not be JSON: a text is the summary. An event whose type ends in `test` or `ping` is a test; one that was silenced,
merged or acknowledged, or whose state nobody knows, is neither the problem nor its end.
"""

from __future__ import annotations

import base64
import json
import re
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Final, cast
from urllib.parse import unquote

from pydantic import Field, TypeAdapter, ValidationError

from deployments.receiver.formats import CANNOT_SEE, Call, Format, FormatOptions, Item, Message, Tools
from deployments.receiver.formats._reading import (
    Labels,
    Vendor,
    address,
    clean,
    document,
    fit,
    labels,
    moment,
    own,
    parse,
    series,
)
from deployments.receiver.formats._reading import severity as severity_of
from deployments.receiver.formats._signing import standard_time, standard_webhook
from deployments.receiver.keys import Keys
from deployments.receiver.refusals import Refused, unfit
from runbook.alert import Alert, Severity, fingerprint_of

_ENDED = frozenset(
    {
        "resolved", "recovered", "closed", "ok", "up", "healthy", "normal", "cleared", "available", "online",
        "restored", "fixed", "solved",
    }
)  # fmt: skip
_BEGUN = frozenset(
    {
        "firing", "triggered", "opened", "open", "created", "alerting", "down", "failed", "critical", "reopened",
        "unhealthy", "abnormal", "raised", "unavailable", "offline", "degraded", "detected", "breached", "escalated",
        "retriggered", "unacknowledged", "unmuted", "unsilenced", "unsnoozed",
    }
)  # fmt: skip
"""Each end has its opposite here, so that both are steps of one problem."""
_QUIET = frozenset(
    {
        "acknowledged", "acked", "annotated", "archived", "assigned", "commented", "deleted", "ignored", "inhibited",
        "merged", "muted", "paused", "reassigned", "silenced", "snoozed", "suppressed", "updated",
    }
)  # fmt: skip
"""What somebody did with the alert; the problem may well go on."""
_UNSEEN = frozenset({"unknown", "nodata", "no_data", "no data", "stale"})
_STEPS = _ENDED | _BEGUN | _QUIET | _UNSEEN
_TESTS = frozenset({"test", "ping"})
_VERSIONED = re.compile(r"[./:_-]v\d+(?:[._]\d+)*$")
_LAST = re.compile(r"(?:(?P<stem>.*)(?P<sign>[./:_-]))?(?P<last>[^./:_-]+)", re.DOTALL)
_LABELS: Final[TypeAdapter[dict[str, str]]] = TypeAdapter(Labels)
_TEXTS = ("summary", "message", "description")


_Read = tuple[Alert, str]
"""An alert, and why its status is neither the problem nor its end, if it is neither."""


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
    subject: str = ""
    time: datetime | None = None
    datacontenttype: str = ""
    data: Any = None
    data_base64: str = ""


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
        alerts = [one for one in _alerts(call) if one is not None]
        if not alerts:
            return Message(test="a sender's test or ping")
        items = [
            Item(delivery=fingerprint_of(message, str(number)), alert=alert, blind=blind)
            for number, (alert, blind) in enumerate(alerts)
        ]
        return Message(items=items, sent_at=standard_time(call))


def _alerts(call: Call) -> list[_Read | None]:
    kind = call.headers.get("content-type", "").lower()
    if kind.startswith("application/cloudevents-batch"):
        what = "The batch of CloudEvents"
        batch = document(call.body, what)
        if not isinstance(batch, list) or not batch:
            raise unfit(f"{what} does not fit: it is {'empty' if batch == [] else 'no list'}.")
        return [_of_one(given, number) for number, given in enumerate(cast("list[object]", batch))]
    if kind.startswith("application/cloudevents"):
        return [_of_cloud_event(document(call.body, "The CloudEvent"), "The CloudEvent")]
    if "ce-specversion" in call.headers:
        attributes: dict[str, object] = {
            name.removeprefix("ce-"): unquote(value) for name, value in call.headers.items() if name.startswith("ce-")
        }
        attributes["data"] = _data(call.body, kind or "application/json")
        return [_of_cloud_event(attributes, "The CloudEvent's headers")]
    event = parse(_Event, call.body, "The event")
    return [_alert(event.type, "", "", event.timestamp, event.data)]


def _of_one(given: object, number: int) -> _Read | None:
    """One of a batch: the word that it cannot be read, where it cannot, so that its neighbours are taken."""
    try:
        return _of_cloud_event(given, f"Event {number + 1} of a batch")
    except Refused as refused:
        problem = fingerprint_of("standard", "unreadable", json.dumps(given, sort_keys=True))
        said = f"{refused.error} Look at it where it comes from."
        return Alert(format="standard", name="unreadable alert", fingerprint=problem, summary=said), ""


def _of_cloud_event(given: object, what: str) -> _Read | None:
    version = cast("dict[str, object]", given).get("specversion") if isinstance(given, dict) else None
    if isinstance(version, str) and version != "1.0":
        raise unfit(f"CloudEvents version {clean(version, 20)!r} is not known.", "Send CloudEvents of version 1.0.")
    event = fit(_CloudEvent, cast("object", given), what)
    data = event.data
    if data is None and event.data_base64:
        with suppress(ValueError):
            data = _data(base64.b64decode(event.data_base64), event.datacontenttype or "application/json")
    return _alert(event.type, event.source, event.subject, event.time, data)


def _data(body: bytes, kind: str) -> Any:
    """Data that says what it is: JSON, or else a text, or else nothing that anybody here can read."""
    media = kind.partition(";")[0].strip().lower()
    if not body:
        return None
    if media.endswith(("/json", "+json")):
        with suppress(Refused):  # what says that it is JSON, and is none, is a text that people can read all the same
            return document(body, "The CloudEvent's data")
    try:
        return body.decode()
    except UnicodeDecodeError:
        return None


def _alert(kind: str, source: str, subject: str, at: datetime | None, given: Any) -> _Read | None:
    data = cast("dict[str, Any]", given) if isinstance(given, dict) else {}
    stem, sign, last = _parts(kind)
    if last in _TESTS and sign not in {"_", "-"}:  # a `load-test` may well be what is watched
        return None
    step = (_text(data, "status") or _text(data, "state")).strip().lower() or last
    # "monitor.alert.resolved" and "monitor.alert.firing" are one problem's.
    problem = stem if stem and last in _STEPS else kind
    told = {"type": kind, "source": source, "subject": subject}
    named = _text(data, "name") or _text(data, "title")
    name = clean(named or subject or problem, 300)
    if not name:
        raise unfit("The event does not fit: neither its data nor its type names anything.")
    said = given if isinstance(given, str) else next((text for key in _TEXTS if (text := _text(data, key))), "")
    alert = Alert(
        format="standard",
        name=name,
        fingerprint=_fingerprint(data, problem, source, subject, named),
        status="resolved" if step in _ENDED else "firing",
        severity=severity_of(_text(data, "severity"), Severity.ERROR),
        summary=clean(said, 4000),
        labels=labels({label: value for label, value in (_labels(data) | told).items() if value}),
        starts_at=moment(at),
        link=address(_text(data, "link"), _text(data, "url")),
    )
    return alert, f"its sender says that it is {step}" if step in _QUIET else CANNOT_SEE if step in _UNSEEN else ""


def _parts(kind: str) -> tuple[str, str, str]:
    """A type's stem, sign and last word, without the version that may end it: `com.example.alert.resolved.v2`."""
    found = _LAST.fullmatch(_VERSIONED.sub("", kind))
    return (found["stem"] or "", found["sign"] or "", found["last"].lower()) if found else (kind, "", "")


def _fingerprint(data: dict[str, Any], problem: str, source: str, subject: str, named: str) -> str:
    """The sender's own, else type, source and what the event is about: its subject, else its id, else its name."""
    if given := _text(data, "fingerprint").strip():
        return own("standard", given)
    about = "" if subject else _text(data, "id") or named
    return fingerprint_of("standard", problem, source, subject, about, *series(_labels(data)))


def _text(data: dict[str, Any], key: str) -> str:
    value = data.get(key)
    return value if isinstance(value, str) else str(value) if isinstance(value, int | float) else ""


def _labels(data: dict[str, Any]) -> dict[str, str]:
    try:
        return _LABELS.validate_python(data.get("labels"))
    except ValidationError:
        return {}


def make(options: Options, tools: Tools) -> Format:
    """The standard form by the operator's options."""
    return Standard(options, tools.keys(options.secrets))
