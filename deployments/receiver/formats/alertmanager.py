"""Prometheus Alertmanager, webhook payload version 4. Its `http_config` proves it: bearer token or basic auth.

Alertmanager signs nothing and sends no time of sending, so this form cannot tell a replay from its own regular
repeats; use TLS in front. A repeat joins the open incident and starts nothing. Sendings of the same alert within
`repeat_after` are one delivery (Alertmanager's own retries after an error come within seconds).

Alertmanager never tries again after a 4xx, so what can be read of a delivery is taken: each alert for itself, and the
beginning of a group that is too large. What is missing is said in the incidents of those that were taken. Alerts that
always fire, such as `Watchdog` and `InfoInhibitor` of kube-prometheus, dead man's switches and whatever watches
`vector(1)`, are pings. Of a rule that Grafana evaluates, what `_rules` says is true here as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import cast

from deployments.receiver.formats import Call, Format, Item, Message, Tools, said_nothing
from deployments.receiver.formats._credentials import CredentialOptions, check_credentials
from deployments.receiver.formats._group import (
    BODY_LIMIT,
    Group,
    GroupAlert,
    each,
    is_test,
    own_fingerprint,
    turn,
    unreadable,
)
from deployments.receiver.formats._reading import clean, document, fit
from deployments.receiver.formats._rules import RuleAlert, fingerprint, of_rule
from deployments.receiver.keys import Keys
from deployments.receiver.refusals import unfit
from runbook.alert import Severity, fingerprint_of

__all__ = ["BODY_LIMIT", "Alertmanager", "Options", "make"]

_REMEDY = "Set http_config.authorization (or basic_auth) of this webhook in Alertmanager to the receiver's secret."
_WHAT = "The Alertmanager payload"
_ALWAYS = frozenset({"Watchdog", "InfoInhibitor"})
_SWITCH = re.compile(r"(?:PrometheusAlertmanagerE2e)?Dead[ _-]?Man'?s?[ _-]?(?:Switch|Snitch)", re.IGNORECASE)
"""An alert that fires for as long as alerting works, whatever its severity."""
_ALWAYS_TRUE = re.compile(r"[?&]g0\.expr=vector(?:\(|%28)1(?:\)|%29)(?:&|$)", re.IGNORECASE)
"""In the address of such an alert's expression."""


class Options(CredentialOptions):
    """`[formats.alertmanager]` in the settings."""

    severity: Severity = Severity.ERROR
    """For alerts without a severity label, or with one that nobody knows."""
    repeat_after: timedelta = timedelta(minutes=1)


class _Version(Group):
    version: str


class Alertmanager:
    """The format. `make` makes it."""

    reads_cut = True

    def __init__(self, options: Options, keys: Keys) -> None:
        self._options, self._keys = options, keys

    async def verify(self, call: Call) -> None:
        """Compare the Authorization header with the valid secrets."""
        check_credentials(call, self._options, self._keys, _REMEDY)

    def read(self, call: Call) -> Message:
        """One item for each alert of the group."""
        group, notes = _cut(call) if call.cut else _whole(call)
        sending = turn(call.now, self._options.repeat_after.total_seconds())
        alerts = each(RuleAlert, group)
        if items := list(self._items(group, alerts, notes, sending)):
            return Message(items=items)
        if any(not isinstance(alert, str) and alert.sees_again for alert in alerts):
            return said_nothing("Grafana's word that a rule sees again")
        return Message(test="Alertmanager's test or Watchdog")

    def _items(
        self, group: Group, alerts: Sequence[RuleAlert | str], notes: Sequence[str], sending: str
    ) -> Iterator[Item]:
        for given, alert in zip(group.alerts, alerts, strict=True):
            if isinstance(alert, str):
                yield unreadable("alertmanager", given, alert, sending)
            elif not (is_test(alert) or _is_watchdog(alert) or alert.sees_again):
                problem = _fingerprint(alert)
                said = (problem, alert.begun, alert.status, *(["blind"] if alert.cannot_see else []), sending)
                yield Item(
                    delivery=fingerprint_of(*said),
                    alert=of_rule(alert, group, "alertmanager", problem, self._options.severity),
                    blind=alert.blind,
                    notes=notes,
                )


def _whole(call: Call) -> tuple[Group, Sequence[str]]:
    given: object = document(call.body, _WHAT)
    if isinstance(given, list):
        raise unfit(
            "The Alertmanager payload is a list, as Prometheus and others send it to an Alertmanager.",
            "Let them send to Alertmanager, and Alertmanager here by webhook_configs.",
        )
    named = cast("dict[str, object]", given).get("version", "4") if isinstance(given, dict) else "4"
    if str(named) != "4":
        version = clean(str(named), 20)
        raise unfit(f"Alertmanager payload version {version!r} is not known.", "Send payloads of version 4.")
    group = fit(_Version, cast("object", given), _WHAT)
    return group, group.missing


def _cut(call: Call) -> tuple[Group, Sequence[str]]:
    group = fit(Group, document(call.body, _WHAT, cut=True), _WHAT)
    whole = group.alerts[:-1]  # the last may have lost some of its labels
    if not whole:
        raise unfit("The Alertmanager payload is too large, and so is its first alert.", "Send fewer labels.")
    note = (
        f"The monitor's group was larger than {len(call.body):,} bytes: {len(whole):,} alerts were taken, the others"
        " were not read. Set max_alerts, or group by more labels."
    )
    return group.model_copy(update={"alerts": whole}), (note,)


def _is_watchdog(alert: GroupAlert) -> bool:
    name = alert.labels.get("alertname", "")
    always = name in _ALWAYS and alert.labels.get("severity") == "none"
    return always or any((_SWITCH.fullmatch(name), _ALWAYS_TRUE.search(alert.generatorURL)))


def _fingerprint(alert: RuleAlert) -> str:
    """Alertmanager's own; of a rule of Grafana's the rule and its series, as labels are another once it is renamed."""
    if alert.uid or alert.cannot_see:
        return fingerprint(alert, "alertmanager", 0)
    return own_fingerprint(alert, "alertmanager")


def make(options: Options, tools: Tools) -> Format:
    """Alertmanager's format by the operator's options."""
    return Alertmanager(options, tools.keys(options.secrets))
