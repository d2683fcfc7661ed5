"""Grafana's unified alerting: a webhook contact point with an HMAC signature.

Grafana signs `<timestamp>:<body>` if the contact point names a timestamp header, else the body alone. The header is
asked for by default, because without it a replay cannot be told from a regular repeat; `timestamp_header = ""` does
without. `DatasourceNoData` and `DatasourceError` mean that Grafana cannot see: such an item is `blind`.
"""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field

from deployments.receiver.formats import Call, Format, FormatOptions, Item, Message, Tools
from deployments.receiver.formats._group import Group, GroupAlert, normalised, own_fingerprint, turn
from deployments.receiver.formats._reading import clean, parse
from deployments.receiver.formats._signing import hex_signed, in_time, seconds
from deployments.receiver.keys import Keys
from deployments.receiver.refusals import not_authentic
from runbook.alert import Severity, fingerprint_of

_REMEDY = "Set the HMAC signature of this contact point in Grafana: the receiver's secret, and the timestamp header."
_BLIND = frozenset({"DatasourceNoData", "DatasourceError"})


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


class _Payload(Group):
    orgId: int = 0
    alerts: list[_Alert] = Field(min_length=1)


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
        return Message(items=[self._item(alert, payload, sending) for alert in payload.alerts], sent_at=sent_at)

    def _item(self, alert: _Alert, payload: _Payload, sending: str) -> Item:
        org = alert.orgId or payload.orgId
        fingerprint = fingerprint_of("grafana", str(org), own_fingerprint(alert, "grafana"))
        blind = alert.labels.get("alertname") in _BLIND
        known = normalised(alert, payload, "grafana", fingerprint, self._options.severity)
        name = alert.labels.get("rulename", "") if blind else ""  # the rule that cannot be evaluated
        update = {
            "name": clean(name, 300) or known.name,
            "summary": known.summary or clean(alert.valueString, 4000),
            "link": clean(alert.generatorURL or alert.dashboardURL or payload.externalURL, 2000) or None,
        }
        return Item(
            delivery=fingerprint_of(fingerprint, alert.startsAt.isoformat(), alert.status, sending),
            alert=known.model_copy(update=update),
            blind=blind and alert.status == "firing",
        )


def make(options: Options, tools: Tools) -> Format:
    """Grafana's format by the operator's options."""
    return Grafana(options, tools.keys(options.secrets))
