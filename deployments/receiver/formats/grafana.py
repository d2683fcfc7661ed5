"""Grafana's unified alerting: a webhook contact point with an HMAC signature.

Grafana signs `<timestamp>:<body>` if the contact point names a timestamp header, else the body alone. The header is
asked for by default, because without it a replay cannot be told from a regular repeat; `timestamp_header = ""` does
without. Grafana signs each attempt anew, so the time is that of the attempt.

A problem is a rule and its labels. The rule is known by its uid, which stands in the addresses Grafana sends, else by
folder and name, so that renaming and moving it change nothing. `DatasourceNoData` and `DatasourceError` mean that
Grafana cannot see: they are noted in the open incidents of that rule. An end because the series is gone, the rule was
paused, changed or deleted says nothing of the problem (`grafana_state_reason`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

from pydantic import Field

from deployments.receiver.formats import CANNOT_SEE, Call, Format, FormatOptions, Item, Message, Tools, said_nothing
from deployments.receiver.formats._group import (
    BODY_LIMIT,
    Group,
    GroupAlert,
    each,
    is_test,
    normalised,
    turn,
    unreadable,
)
from deployments.receiver.formats._reading import clean, parse, series
from deployments.receiver.formats._signing import hex_signed, in_time, seconds
from deployments.receiver.keys import Keys
from deployments.receiver.refusals import not_authentic
from runbook.alert import Severity, fingerprint_of

__all__ = ["BODY_LIMIT", "Grafana", "Options", "make"]

_REMEDY = "Set the HMAC signature of this contact point in Grafana: the receiver's secret, and the timestamp header."
_BLIND = frozenset({"DatasourceNoData", "DatasourceError"})
_REASON = "grafana_state_reason"
_UID = re.compile(
    r"/alerting/(?:grafana/)?([A-Za-z0-9_-]{1,60})/(?:view|edit)|__alert_rule_uid__(?:%3D|=)([\w-]{1,60})"
)
_NOT_THE_SERIES = frozenset({"alertname", "rulename", "grafana_folder", "ref_id", "datasource_uid"})
"""Labels that say which rule it is, or why it is blind, and not which of its series."""


class Options(FormatOptions):
    """`[formats.grafana]` in the settings."""

    secrets: list[str] = Field(min_length=1)
    signature_header: str = Field("X-Grafana-Alerting-Signature", pattern=r"^[A-Za-z0-9-]{1,64}$")
    timestamp_header: str = Field("X-Grafana-Alerting-Timestamp", pattern=r"^[A-Za-z0-9-]{0,64}$")
    tolerance: timedelta = timedelta(minutes=5)
    severity: Severity = Severity.ERROR
    """For alerts without a severity label, or with one that nobody knows."""
    repeat_after: timedelta = timedelta(minutes=1)
    """Without a timestamp, sendings of the same alert within this time are one delivery."""


class _Alert(GroupAlert):
    orgId: int = 0
    valueString: str = ""
    dashboardURL: str = ""
    silenceURL: str = ""

    @property
    def cannot_see(self) -> bool:
        """Whether it is about the rule's eyes and not about what the rule watches."""
        return self.labels.get("alertname") in _BLIND

    @property
    def blind(self) -> str:
        """Why its status is neither the problem nor its end, if it is neither."""
        if self.cannot_see:
            return CANNOT_SEE
        reason = clean(self.annotations.get(_REASON, ""), 60)
        if reason and self.status == "resolved":
            return f"Grafana no longer watches it ({reason})"
        return self.quiet


class _Payload(Group):
    orgId: int = 0


class Grafana:
    """The format. `make` makes it."""

    def __init__(self, options: Options, keys: Keys) -> None:
        self._options, self._keys = options, keys

    async def verify(self, call: Call) -> None:
        """The signature of the raw body, and its time."""
        options = self._options
        given = call.headers.get(options.signature_header.lower(), "").strip()
        stamp = call.headers.get(options.timestamp_header.lower(), "") if options.timestamp_header else ""
        if not given or (options.timestamp_header and not stamp):
            raise not_authentic("The delivery is not signed, or its signature has no time.", _REMEDY)
        content = f"{stamp}:".encode() + call.body if stamp else call.body
        if not hex_signed(self._keys, content, [given.lower()]):
            raise not_authentic("The delivery's signature is wrong.", _REMEDY)
        if stamp:
            in_time(seconds(stamp, options.timestamp_header), call, options.tolerance, "Check both clocks.")

    def read(self, call: Call) -> Message:
        """One item for each alert of the group."""
        payload = parse(_Payload, call.body, "The Grafana payload")
        stamp = call.headers.get(self._options.timestamp_header.lower(), "") if self._options.timestamp_header else ""
        sent_at = seconds(stamp, self._options.timestamp_header) if stamp else None
        # A sending has its own time, or else falls into an interval.
        sending = stamp or turn(call.now, self._options.repeat_after.total_seconds())
        alerts = each(_Alert, payload)
        if all(not isinstance(alert, str) and is_test(alert) for alert in alerts):
            return Message(test="the test of a contact point in Grafana")
        if not (items := list(self._items(payload, alerts, sending))):
            return said_nothing("Grafana's word that a rule sees again")
        return Message(items=items, sent_at=sent_at)

    def _items(self, payload: _Payload, alerts: list[_Alert | str], sending: str) -> Iterator[Item]:
        for given, alert in zip(payload.alerts, alerts, strict=True):
            if isinstance(alert, str):
                yield unreadable("grafana", given, alert, sending)
            elif not (is_test(alert) or (alert.cannot_see and alert.status == "resolved")):
                yield self._item(alert, payload, sending)

    def _item(self, alert: _Alert, payload: _Payload, sending: str) -> Item:
        fingerprint = _fingerprint(alert, alert.orgId or payload.orgId)
        known = normalised(alert, payload, "grafana", fingerprint, self._options.severity)
        name = alert.labels.get("rulename", "") if alert.cannot_see else ""  # the rule that cannot be evaluated
        update = {
            "name": clean(name, 300) or known.name,
            "summary": known.summary or clean(alert.valueString, 4000),
            "link": clean(alert.generatorURL or alert.dashboardURL or payload.externalURL, 2000) or None,
        }
        return Item(
            delivery=fingerprint_of(fingerprint, alert.begun, alert.status, str(alert.cannot_see), sending),
            alert=known.model_copy(update=update),
            blind=alert.blind,
            notes=payload.missing,
        )


def _fingerprint(alert: _Alert, org: int) -> str:
    """`grafana:<rule>:<series>`: what is said of a rule as a whole finds all of its incidents."""
    name = alert.labels.get("rulename" if alert.cannot_see else "alertname", "")
    found = _UID.search(alert.generatorURL) or _UID.search(alert.silenceURL)
    uid = (found[1] or found[2]) if found else ""
    rule = (uid,) if uid else ("", alert.labels.get("grafana_folder", ""), name)
    told = series({label: value for label, value in alert.labels.items() if label not in _NOT_THE_SERIES})
    return f"grafana:{fingerprint_of(str(org), *rule)[:16]}:{fingerprint_of(*told)[:16]}"


def make(options: Options, tools: Tools) -> Format:
    """Grafana's format by the operator's options."""
    return Grafana(options, tools.keys(options.secrets))
