"""Grafana's unified alerting: a webhook contact point with an HMAC signature.

Grafana signs `<timestamp>:<body>` if the contact point names a timestamp header, else the body alone. The header is
asked for by default, because without it a replay cannot be told from a regular repeat; `timestamp_header = ""` does
without. Grafana signs each attempt anew, so the time is that of the attempt.

A problem is a rule and its labels; `_rules` says what is known of a rule, and when Grafana cannot see.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import cast

from pydantic import Field

from deployments.receiver.formats import Call, Format, FormatOptions, Item, Message, Tools, said_nothing
from deployments.receiver.formats._group import (
    BODY_LIMIT,
    Group,
    each,
    is_test,
    turn,
    unreadable,
)
from deployments.receiver.formats._reading import address, clean, document, fit
from deployments.receiver.formats._rules import RuleAlert, fingerprint, of_rule
from deployments.receiver.formats._signing import hex_signed, in_time, seconds
from deployments.receiver.keys import Keys
from deployments.receiver.refusals import not_authentic, unfit
from runbook.alert import Severity, fingerprint_of

__all__ = ["BODY_LIMIT", "Grafana", "Options", "make"]

_REMEDY = "Set the HMAC signature of this contact point in Grafana: the receiver's secret, and the timestamp header."
_WHAT = "The Grafana payload"


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


class _Alert(RuleAlert):
    valueString: str = ""
    dashboardURL: str = ""


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
        payload = fit(_Payload, _groups(document(call.body, _WHAT)), _WHAT)
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
            elif not (is_test(alert) or alert.sees_again):
                yield self._item(alert, payload, sending)

    def _item(self, alert: _Alert, payload: _Payload, sending: str) -> Item:
        problem = fingerprint(alert, "grafana", alert.orgId or payload.orgId)
        known = of_rule(alert, payload, "grafana", problem, self._options.severity)
        update = {
            "summary": known.summary or clean(alert.valueString, 4000),
            "link": address(alert.generatorURL, alert.dashboardURL, payload.externalURL),
        }
        return Item(
            delivery=fingerprint_of(problem, alert.begun, alert.status, str(alert.cannot_see), sending),
            alert=known.model_copy(update=update),
            blind=alert.blind,
            notes=payload.missing,
        )


def _groups(given: object) -> object:
    if isinstance(given, dict) and "alerts" not in given:
        if {"ruleId", "evalMatches"} & cast("dict[str, object]", given).keys():
            raise unfit("The Grafana payload is that of an alert before unified alerting.", "Migrate its rules.")
        raise unfit(
            "The Grafana payload is not the one that Grafana writes by itself.",
            "Leave the custom payload of this contact point empty.",
        )
    return cast("object", given)


def make(options: Options, tools: Tools) -> Format:
    """Grafana's format by the operator's options."""
    return Grafana(options, tools.keys(options.secrets))
