"""Prometheus Alertmanager, webhook payload version 4. Its `http_config` proves it: bearer token or basic auth.

Alertmanager signs nothing and sends no time of sending, so this form cannot tell a replay from its own regular
repeats; use TLS in front. A repeat joins the open incident and starts nothing. Sendings of the same alert within
`repeat_after` are one delivery (Alertmanager's own retries after an error come within seconds).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from pydantic import Field

from deployments.receiver.formats import Call, Format, Item, Message, Tools
from deployments.receiver.formats._credentials import CredentialOptions, check_credentials
from deployments.receiver.formats._group import Group, GroupAlert, normalised, own_fingerprint, turn
from deployments.receiver.formats._reading import clean, parse
from deployments.receiver.keys import Keys
from deployments.receiver.refusals import unfit
from runbook.alert import Severity, fingerprint_of

_REMEDY = "Set http_config.authorization (or basic_auth) of this webhook in Alertmanager to the receiver's secret."


class Options(CredentialOptions):
    """`[formats.alertmanager]` in the settings."""

    severity: Severity = Severity.ERROR
    """For alerts without a severity label, or with one that nobody knows."""
    repeat_after: timedelta = timedelta(minutes=1)


class _Payload(Group):
    version: str
    groupKey: str
    alerts: list[GroupAlert] = Field(min_length=1)


class Alertmanager:
    """The format. `make` makes it."""

    def __init__(self, options: Options, keys: Keys) -> None:
        self._options, self._keys = options, keys

    async def verify(self, call: Call) -> None:
        """Compare the Authorization header with the valid secrets."""
        check_credentials(call, self._options, self._keys, _REMEDY)

    def read(self, call: Call) -> Message:
        """One item for each alert of the group."""
        payload = parse(_Payload, call.body, "The Alertmanager payload")
        if payload.version != "4":
            raise unfit(
                f"Alertmanager payload version {clean(payload.version, 20)!r} is not known.",
                "Send payloads of version 4.",
            )
        return Message(items=[self._item(alert, payload, call.now) for alert in payload.alerts])

    def _item(self, alert: GroupAlert, payload: _Payload, now: datetime) -> Item:
        fingerprint = own_fingerprint(alert, "alertmanager")
        at = turn(now, self._options.repeat_after.total_seconds())
        return Item(
            delivery=fingerprint_of(fingerprint, alert.startsAt.isoformat(), alert.status, at),
            alert=normalised(alert, payload, "alertmanager", fingerprint, self._options.severity),
        )


def make(options: Options, tools: Tools) -> Format:
    """Alertmanager's format by the operator's options."""
    return Alertmanager(options, tools.keys(options.secrets))
