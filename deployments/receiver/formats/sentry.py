"""Sentry's integration webhooks: issue alerts, metric alerts, and the end of an issue.

The raw body is signed by the integration's client secret in `Sentry-Hook-Signature`; neither the resource nor the
timestamp header is covered, so what the body is, is told by its shape, and its age by Sentry's own clock where the body
has it: when Sentry received the event, or closed the alert. An event's `datetime` is its client's word and may be days
off; a metric alert's start never changes. Sentry sends each notification once, so a known body is a replay.
Installations, comments and the like lead to nothing.

The keys by which events get into Sentry are public. So an event's tags are kept as `tag.<name>` and choose nothing;
those in `trusted_tags`, which your own servers set, are labels like any other. A problem is an issue's or a rule's id.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Annotated, Any, Final

from pydantic import Field

from deployments.receiver.formats import Call, Format, FormatOptions, Item, Message, Tools, said_nothing
from deployments.receiver.formats._reading import VITAL, Labels, Vendor, address, clean, labels, moment, parse, utc
from deployments.receiver.formats._reading import severity as severity_of
from deployments.receiver.formats._signing import hex_signed, in_time
from deployments.receiver.keys import Keys
from deployments.receiver.refusals import not_authentic
from runbook.alert import Alert, Severity, fingerprint_of

_RULE_UPDATED: Final = 2
"""Why Sentry closed an alert: not because its numbers are good."""
_REMEDY = "Give the receiver the client secret of this integration in Sentry."


class Options(FormatOptions):
    """`[formats.sentry]` in the settings."""

    secrets: list[str] = Field(min_length=1)
    window: timedelta = timedelta(hours=25)
    """How long ago Sentry may have received the event behind an alert."""
    trusted_tags: frozenset[str] = frozenset()
    """Tags that may choose what an alert starts, and where."""


class _Event(Vendor):
    issue_id: str = Field(min_length=1)
    title: str = ""
    culprit: str | None = None
    level: str | None = None
    at: datetime | None = Field(None, alias="datetime")
    received: datetime | None = None
    web_url: str = ""
    tags: list[Any] = Field(default_factory=list[Any])
    user: Labels = Field(default_factory=dict)
    request: Labels = Field(default_factory=dict)
    modules: Labels = Field(default_factory=dict)

    @property
    def is_made_up(self) -> bool:
        """Whether it has what Sentry puts into each event that it makes up itself."""
        title = "example" in self.title.lower() or self.user.get("email") == "sentry@example.com"
        return title or self.request.get("url") == "http://example.com/foo" or "my.package" in self.modules


class _Rule(Vendor):
    id: str | int
    name: str = ""


class _MetricAlert(Vendor):
    id: str | int
    title: str = ""
    alert_rule: _Rule
    date_started: datetime | None = None
    date_detected: datetime | None = None
    date_closed: datetime | None = None
    status_method: int = 0
    projects: list[str] = Field(default_factory=list)


class _Release(Vendor):
    inNextRelease: bool = False
    inUpcomingRelease: bool = False
    inCommit: Any = None


class _Issue(Vendor):
    id: str = Field(min_length=1)
    status: str = "resolved"
    statusDetails: _Release = Field(default_factory=_Release)
    title: str = ""
    level: str | None = None
    web_url: str = ""


class _Data(Vendor):
    event: Annotated[_Event | None, VITAL] = None
    triggered_rule: str | None = None
    metric_alert: Annotated[_MetricAlert | None, VITAL] = None
    description_text: str | None = None
    description_title: str | None = None
    web_url: str = ""
    issue: Annotated[_Issue | None, VITAL] = None
    resolution_type: str = ""


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
        data, blind = payload.data, ""
        if data.event is not None and payload.action == "triggered":
            tags = dict(_tags(data.event.tags))
            if _is_sample(tags, data, data.event):
                return Message(test="a test notification by Sentry")
            self._fresh(call, data.event.received)
            alert = _of_event(data.event, data, tags, self._options.trusted_tags)
        elif data.metric_alert is not None and payload.action in {"critical", "warning", "resolved"}:
            metric = data.metric_alert
            self._fresh(call, metric.date_closed if payload.action == "resolved" else None)
            alert, blind = _of_metric(metric, data, payload.action), _rule_changed(metric, payload.action)
        elif data.issue is not None and payload.action == "resolved":
            alert = _of_issue(data.issue)
            blind = _to_come(data.issue, data.resolution_type)
        else:
            return said_nothing(f"a Sentry notification {clean(payload.action, 60)!r}")
        delivery = hashlib.sha256(call.body).hexdigest()
        return Message(items=[Item(delivery=delivery, alert=alert, blind=blind)], once=True)

    def _fresh(self, call: Call, at: datetime | None) -> None:
        if at is not None:
            in_time(utc(at), call, self._options.window, "Let Sentry send the alert anew.")


def _tags(given: list[Any]) -> Iterator[tuple[str, str]]:
    for one in given:
        match one:
            case [str(name), str() | bool() | int() | float() as value] | {"key": str(name), "value": value}:
                yield name, str(value)
            case _:  # a tag without a value, or none at all
                pass


def _is_sample(tags: dict[str, str], data: _Data, event: _Event) -> bool:
    """Whether it is the event that Sentry makes up for a rule's test, which bears the rule's own name.

    Anybody may set the tag, so it is not enough.
    """
    rule = (data.triggered_rule or "").lower()
    return tags.get("sample_event") == "yes" and (not rule or "test" in rule or event.is_made_up)


def _rule_changed(metric: _MetricAlert, action: str) -> str:
    return "its rule was changed in Sentry" if action == "resolved" and metric.status_method == _RULE_UPDATED else ""


def _to_come(issue: _Issue, kind: str) -> str:
    """Why a resolved issue may go on: it ends with what is not released yet, or was only put out of sight."""
    how = issue.statusDetails
    if how.inNextRelease or how.inUpcomingRelease or kind in {"in_next_release", "in_upcoming_release"}:
        return "it is to end with the next release"
    if how.inCommit or kind in {"in_commit", "in_pull_request"}:
        return "it is to end when its commit is released"
    return f"it is {clean(issue.status, 40)} there" if issue.status in {"ignored", "archived", "muted"} else ""


def _of_event(event: _Event, data: _Data, tags: dict[str, str], trusted: frozenset[str]) -> Alert:
    own = {name if name in trusted else f"tag.{name}": value for name, value in tags.items()}
    told = own | {"issue": event.issue_id, "level": event.level or ""}
    return Alert(
        format="sentry",
        name=clean(data.triggered_rule or "", 300) or "unnamed issue alert",  # a title is its client's, too
        fingerprint=fingerprint_of("sentry", "issue", event.issue_id),
        severity=severity_of(event.level, Severity.ERROR),
        summary=" in ".join(part for part in (clean(event.title, 2000), clean(event.culprit or "", 1900)) if part),
        labels=labels({name: value for name, value in told.items() if value}),
        starts_at=moment(event.received or event.at),
        link=address(event.web_url),
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
        link=address(data.web_url),
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
        link=address(issue.web_url),
    )


def make(options: Options, tools: Tools) -> Format:
    """Sentry's format by the operator's options."""
    return Sentry(options, tools.keys(options.secrets))
