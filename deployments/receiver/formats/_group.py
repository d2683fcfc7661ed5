"""The group of alerts that Alertmanager sends, and Grafana in nearly the same words.

Each alert is read for itself: one that cannot be read becomes an alert that says so, which leads people to the
monitor, and its neighbours are taken.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationError

from deployments.receiver.formats import Item
from deployments.receiver.formats._lenient import misfit
from deployments.receiver.formats._reading import (
    Labels,
    M,
    Vendor,
    address,
    clean,
    labels,
    moment,
    own,
    series,
    severity,
)
from journal.redaction import redact
from runbook.alert import Alert, Severity, fingerprint_of

BODY_LIMIT = 5 << 20
"""Bytes: a whole cluster that goes down sends its alerts as one group."""


def _lower(given: object) -> object:
    return given.lower() if isinstance(given, str) else given


class GroupAlert(Vendor):
    """One alert of a group. The names are Alertmanager's."""

    status: Annotated[
        Literal["firing", "resolved", "suppressed", "silenced", "inhibited", "muted", "unprocessed"],
        BeforeValidator(_lower),
    ]
    labels: Labels
    annotations: Labels = Field(default_factory=dict)
    startsAt: datetime | None = None
    generatorURL: str = ""
    fingerprint: str = ""

    @property
    def begun(self) -> str:
        """When it began, for telling two from each other."""
        return self.startsAt.isoformat() if self.startsAt else ""

    @property
    def quiet(self) -> str:
        """Why the status is neither the problem nor its end, if it is neither: the problem may well go on."""
        return f"the alert is {self.status} there" if self.status not in {"firing", "resolved"} else ""


class Group(Vendor):
    """What comes with all of them."""

    alerts: list[Any] = Field(min_length=1)
    commonLabels: Labels = Field(default_factory=dict)
    commonAnnotations: Labels = Field(default_factory=dict)
    externalURL: str = ""
    groupKey: str = ""
    truncatedAlerts: int = 0

    @property
    def missing(self) -> tuple[str, ...]:
        """What is to be said of alerts that the sender left out."""
        if self.truncatedAlerts <= 0:
            return ()
        return (f"The monitor left {self.truncatedAlerts:,} more alerts of this group out (truncatedAlerts).",)


def own_fingerprint(alert: GroupAlert, form: str) -> str:
    """The vendor's fingerprint of the alert, or one of its labels where the vendor gives none."""
    usual = re.fullmatch(r"[0-9a-f]{16}", alert.fingerprint)  # what both vendors write; no other form has one like it
    if usual and redact(alert.fingerprint) == alert.fingerprint:  # one in 57,000 is a valid payment card
        return alert.fingerprint
    given = alert.fingerprint.strip()
    return own(form, given) if given else fingerprint_of(form, *series(alert.labels))


def each(model: type[M], group: Group) -> list[M | str]:
    """The group's alerts; a sentence in place of one that cannot be read."""
    return [_one(model, given, number) for number, given in enumerate(group.alerts)]


def _one(model: type[M], given: object, number: int) -> M | str:
    try:
        return model.model_validate(given)
    except ValidationError as exc:
        return f"Alert {number + 1} of a group could not be read: it does not fit at {misfit(exc)}."


def unreadable(form: str, given: object, why: str, sending: str) -> Item:
    """An alert that says that one could not be read. The same one again is the same problem."""
    problem = fingerprint_of(form, "unreadable", json.dumps(given, sort_keys=True))
    alert = Alert(
        format=form, name="unreadable alert", fingerprint=problem, summary=f"{why} Look at it in the monitor."
    )
    return Item(delivery=fingerprint_of(problem, sending), alert=alert, notes=(why,))


def is_test(alert: GroupAlert) -> bool:
    """Whether it is the test of a contact point (Grafana's, for either form)."""
    said = alert.annotations.get("summary", "") == "Notification test" or "instance" not in alert.labels
    return alert.labels.get("alertname") == "TestAlert" and (said or alert.labels["instance"] == "Grafana")


def normalised(alert: GroupAlert, group: Group, form: str, fingerprint: str, default: Severity) -> Alert:
    """One alert of the group in our form; `default` is the severity of those whose label nobody knows."""
    notes: Mapping[str, str] = group.commonAnnotations | alert.annotations
    return Alert(
        format=form,
        name=clean(alert.labels.get("alertname") or group.commonLabels.get("alertname", ""), 300) or "unnamed alert",
        fingerprint=fingerprint,
        status="resolved" if alert.status == "resolved" else "firing",
        severity=severity(alert.labels.get("severity"), default),
        summary=clean(notes.get("summary") or notes.get("description") or notes.get("message") or "", 4000),
        labels=labels(alert.labels),
        starts_at=moment(alert.startsAt),
        link=address(alert.generatorURL, group.externalURL),
    )


def turn(now: datetime, seconds: float) -> str:
    """The number of the interval that a repeat falls into: sendings of the same within it are one delivery."""
    return str(int(now.timestamp() // max(1.0, seconds)))
