"""The group of alerts that Alertmanager sends, and Grafana in nearly the same words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from pydantic import Field

from deployments.receiver.formats._reading import Vendor, clean, labels, moment, severity
from runbook.alert import Alert, Severity, fingerprint_of


class GroupAlert(Vendor):
    """One alert of a group. The names are Alertmanager's."""

    status: Literal["firing", "resolved"]
    labels: dict[str, str]
    annotations: dict[str, str] = Field(default_factory=dict)
    startsAt: datetime
    generatorURL: str = ""
    fingerprint: str = ""


class Group(Vendor):
    """What comes with all of them."""

    status: Literal["firing", "resolved"]
    receiver: str
    groupLabels: dict[str, str] = Field(default_factory=dict)
    commonLabels: dict[str, str] = Field(default_factory=dict)
    commonAnnotations: dict[str, str] = Field(default_factory=dict)
    externalURL: str = ""


def own_fingerprint(alert: GroupAlert, form: str) -> str:
    """The vendor's fingerprint of the alert, or one of its labels where the vendor gives none."""
    return clean(alert.fingerprint, 128) or fingerprint_of(form, *sorted(f"{n}={v}" for n, v in alert.labels.items()))


def normalised(alert: GroupAlert, group: Group, form: str, fingerprint: str, default: Severity) -> Alert:
    """One alert of the group in our form; `default` is the severity of those whose label nobody knows."""
    notes: Mapping[str, str] = group.commonAnnotations | alert.annotations
    return Alert(
        format=form,
        name=clean(alert.labels.get("alertname", ""), 300) or "unnamed alert",
        fingerprint=fingerprint,
        status=alert.status,
        severity=severity(alert.labels.get("severity"), default),
        summary=clean(notes.get("summary") or notes.get("description") or notes.get("message") or "", 4000),
        labels=labels(alert.labels),
        starts_at=moment(alert.startsAt),
        link=clean(alert.generatorURL or group.externalURL, 2000) or None,
    )


def turn(now: datetime, seconds: float) -> str:
    """The number of the interval that a repeat falls into: sendings of the same within it are one delivery."""
    return str(int(now.timestamp() // max(1.0, seconds)))
