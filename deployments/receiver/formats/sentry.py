"""Sentry's integration webhooks: issue alerts, metric alerts, and the end of an issue.

The raw body is signed by the integration's client secret in `Sentry-Hook-Signature`; neither the resource nor the
timestamp header is covered, so what the body is, is told by its shape, and its age by the times in it. Sentry sends
each notification once, so a known body is a replay. Installations, comments and the like lead to nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta

from pydantic import Field

from deployments.receiver.formats import Call, Format, FormatOptions, Item, Message, Tools, said_nothing
from deployments.receiver.formats._reading import Vendor, clean, labels, moment, parse, utc
from deployments.receiver.formats._reading import severity as severity_of
from deployments.receiver.formats._signing import hex_signed, in_time
from deployments.receiver.keys import Keys
from deployments.receiver.refusals import not_authentic
from runbook.alert import Alert, Severity, fingerprint_of

_REMEDY = "Give the receiver the client secret of this integration in Sentry."


class Options(FormatOptions):
    """`[formats.sentry]` in the settings."""

    secrets: list[str] = Field(min_length=1)
    window: timedelta = timedelta(days=1)
    """How old the event behind an alert may be."""


class _Event(Vendor):
    event_id: str = ""
    issue_id: str = Field(min_length=1)
    title: str = ""
    culprit: str | None = None
    level: str | None = None
    at: datetime = Field(alias="datetime")
    web_url: str = ""
    tags: list[tuple[str, str]] = Field(default_factory=list[tuple[str, str]])


class _Rule(Vendor):
    id: str | int
    name: str = ""


class _MetricAlert(Vendor):
    id: str | int
    title: str = ""
    alert_rule: _Rule
    date_started: datetime | None = None
    date_detected: datetime
    date_closed: datetime | None = None
    projects: list[str] = Field(default_factory=list)


class _Issue(Vendor):
    id: str = Field(min_length=1)
    title: str = ""
    level: str | None = None
    web_url: str = ""


class _Data(Vendor):
    event: _Event | None = None
    triggered_rule: str | None = None
    metric_alert: _MetricAlert | None = None
    description_text: str | None = None
    description_title: str | None = None
    web_url: str = ""
    issue: _Issue | None = None


class _Payload(Vendor):
    action: str
    data: _Data


class Sentry:
    """The format. `make` makes it."""

    def __init__(self, options: Options, keys: Keys) -> None:
        self._options, self._keys = options, keys

    async def verify(self, call: Call) -> None:
        """The signature of the raw body."""
        given = call.headers.get("sentry-hook-signature", "").strip().lower()
        if not given:
            raise not_authentic("The delivery is not signed.", _REMEDY)
        if not hex_signed(self._keys, call.body, [given]):
            raise not_authentic("The delivery's signature is wrong.", _REMEDY)

    def read(self, call: Call) -> Message:
        """The alert, told by what the body holds."""
        payload = parse(_Payload, call.body, "The Sentry payload")
        data = payload.data
        if data.event is not None and payload.action == "triggered":
            self._fresh(call, [data.event.at])
            alert = _of_event(data.event, data)
        elif data.metric_alert is not None:
            metric = data.metric_alert
            self._fresh(call, [at for at in (metric.date_closed, metric.date_detected) if at])
            alert = _of_metric(metric, data, payload.action)
        elif data.issue is not None and payload.action == "resolved":
            alert = _of_issue(data.issue)
        else:
            return said_nothing(f"a Sentry notification {clean(payload.action, 60)!r}")
        return Message(items=[Item(delivery=hashlib.sha256(call.body).hexdigest(), alert=alert)], once=True)

    def _fresh(self, call: Call, at: Sequence[datetime]) -> None:
        in_time(max(map(utc, at)), call, self._options.window, "Let Sentry send the alert anew.")


def _of_event(event: _Event, data: _Data) -> Alert:
    told = dict(event.tags) | {"issue": event.issue_id, "level": event.level or ""}
    return Alert(
        format="sentry",
        name=clean(data.triggered_rule or event.title, 300) or "unnamed issue alert",
        fingerprint=fingerprint_of("sentry", "issue", event.issue_id),
        severity=severity_of(event.level, Severity.ERROR),
        summary=" in ".join(part for part in (clean(event.title, 2000), clean(event.culprit or "", 1900)) if part),
        labels=labels({name: value for name, value in told.items() if value}),
        starts_at=moment(event.at),
        link=clean(event.web_url, 2000) or None,
    )


def _of_metric(metric: _MetricAlert, data: _Data, action: str) -> Alert:
    title = data.description_title or metric.title
    return Alert(
        format="sentry",
        name=clean(metric.alert_rule.name or metric.title, 300) or "unnamed metric alert",
        fingerprint=fingerprint_of("sentry", "metric", str(metric.alert_rule.id)),
        status="resolved" if action == "resolved" else "firing",
        severity=severity_of(action, Severity.ERROR),
        summary=". ".join(part for part in (clean(title, 2000), clean(data.description_text or "", 1900)) if part),
        labels=labels({"projects": ",".join(metric.projects), "action": action, "rule": str(metric.alert_rule.id)}),
        starts_at=moment(metric.date_started or metric.date_detected),
        link=clean(data.web_url, 2000) or None,
    )


def _of_issue(issue: _Issue) -> Alert:
    return Alert(
        format="sentry",
        name=clean(issue.title, 300) or "unnamed issue",
        fingerprint=fingerprint_of("sentry", "issue", issue.id),
        status="resolved",
        severity=severity_of(issue.level, Severity.ERROR),
        summary=clean(issue.title, 4000),
        labels={"issue": issue.id},
        link=clean(issue.web_url, 2000) or None,
    )


def make(options: Options, tools: Tools) -> Format:
    """Sentry's format by the operator's options."""
    return Sentry(options, tools.keys(options.secrets))
