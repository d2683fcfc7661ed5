"""Prometheus Alertmanager, webhook payload version 4. Its `http_config` proves it: bearer token or basic auth.

Alertmanager signs nothing and sends no time of sending, so this form cannot tell a replay from its own regular
repeats; use TLS in front. A repeat joins the open incident and starts nothing. Sendings of the same alert within
`repeat_after` are one delivery (Alertmanager's own retries after an error come within seconds).
"""

from __future__ import annotations

import base64
import binascii
from datetime import datetime, timedelta
from typing import Literal

from pydantic import Field

from deployments.receiver.formats import Call, Format, FormatOptions, Item, Message, Tools
from deployments.receiver.formats._reading import Vendor, clean, labels, moment, parse, severity
from deployments.receiver.keys import Keys
from deployments.receiver.refusals import not_authentic, unfit
from runbook.alert import Alert, Severity, fingerprint_of

_REMEDY = "Set http_config.authorization (or basic_auth) of this webhook in Alertmanager to the receiver's secret."


class Options(FormatOptions):
    """`[formats.alertmanager]` in the settings. The secrets are bearer tokens; with `user`, passwords."""

    secrets: list[str] = Field(min_length=1)
    user: str | None = None
    severity: Severity = Severity.ERROR
    """For alerts without a severity label, or with one that nobody knows."""
    repeat_after: timedelta = timedelta(minutes=1)


class _Alert(Vendor):
    status: Literal["firing", "resolved"]
    labels: dict[str, str]
    annotations: dict[str, str] = Field(default_factory=dict)
    startsAt: datetime  # noqa: N815  (Alertmanager's own name)
    generatorURL: str = ""  # noqa: N815
    fingerprint: str = ""


class _Payload(Vendor):
    version: str
    groupKey: str  # noqa: N815
    truncatedAlerts: int = 0  # noqa: N815
    status: Literal["firing", "resolved"]
    receiver: str
    groupLabels: dict[str, str] = Field(default_factory=dict)  # noqa: N815
    commonLabels: dict[str, str] = Field(default_factory=dict)  # noqa: N815
    commonAnnotations: dict[str, str] = Field(default_factory=dict)  # noqa: N815
    externalURL: str = ""  # noqa: N815
    alerts: list[_Alert] = Field(min_length=1)


class Alertmanager:
    """The format. `make` makes it."""

    def __init__(self, options: Options, keys: Keys) -> None:
        self._options, self._keys = options, keys

    async def verify(self, call: Call) -> None:
        """Compare the Authorization header, in constant time, with the valid secrets."""
        scheme, _, credentials = call.headers.get("authorization", "").partition(" ")
        if not credentials:
            raise not_authentic("The delivery carries no credentials.", _REMEDY)
        presented = credentials.strip().encode()
        if self._options.user is not None:
            presented = _password(scheme, presented, self._options.user)
        elif scheme.lower() != "bearer":
            raise not_authentic("The delivery's credentials are not a bearer token.", _REMEDY)
        if not self._keys.match(presented):
            raise not_authentic("The delivery's credentials are wrong.", _REMEDY)

    def read(self, call: Call) -> Message:
        """One item for each alert of the group."""
        payload = parse(_Payload, call.body, "The Alertmanager payload")
        if payload.version != "4":
            raise unfit(
                f"Alertmanager payload version {clean(payload.version, 20)!r} is not known.",
                "Send payloads of version 4.",
            )
        return Message(items=[self._item(alert, payload, call.now) for alert in payload.alerts])

    def _item(self, alert: _Alert, payload: _Payload, now: datetime) -> Item:
        own = sorted(f"{name}={value}" for name, value in alert.labels.items())
        fingerprint = clean(alert.fingerprint, 128) or fingerprint_of("alertmanager", *own)
        notes = payload.commonAnnotations | alert.annotations
        turn = int(now.timestamp() // max(1.0, self._options.repeat_after.total_seconds()))
        return Item(
            delivery=fingerprint_of(fingerprint, alert.startsAt.isoformat(), alert.status, str(turn)),
            alert=Alert(
                format="alertmanager",
                name=clean(alert.labels.get("alertname", ""), 300) or "unnamed alert",
                fingerprint=fingerprint,
                status=alert.status,
                severity=severity(alert.labels.get("severity"), self._options.severity),
                summary=clean(notes.get("summary") or notes.get("description") or notes.get("message") or "", 4000),
                labels=labels(alert.labels),
                starts_at=moment(alert.startsAt),
                link=clean(alert.generatorURL or payload.externalURL, 2000) or None,
            ),
        )


def _password(scheme: str, credentials: bytes, user: str) -> bytes:
    if scheme.lower() != "basic":
        raise not_authentic("The delivery's credentials are not basic auth.", _REMEDY)
    try:
        name, _, password = base64.b64decode(credentials, validate=True).partition(b":")
    except binascii.Error:
        raise not_authentic("The delivery's basic auth is not base64.", _REMEDY) from None
    # A wrong name makes a password that matches nothing, in the same time as a wrong password.
    return password if name == user.encode() else b"\x00" + password


def make(options: Options, tools: Tools) -> Format:
    """Alertmanager's format by the operator's options."""
    return Alertmanager(options, tools.keys(options.secrets))
