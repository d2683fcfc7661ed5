"""An alert of one of Grafana's rules, which comes from Grafana itself or by an Alertmanager that Grafana sends to.

A rule is known by its uid, which stands in the addresses Grafana sends, else by folder and name, so that renaming and
moving it change nothing. `DatasourceNoData` and `DatasourceError` mean that Grafana cannot see: they are noted in the
open incidents of that rule. An end because the series is gone, the rule was paused, changed or deleted says nothing of
the problem (`grafana_state_reason`).
"""

from __future__ import annotations

import re

from deployments.receiver.formats import CANNOT_SEE
from deployments.receiver.formats._group import Group, GroupAlert, normalised
from deployments.receiver.formats._reading import clean, series
from runbook.alert import Alert, Severity, fingerprint_of

_BLIND = frozenset({"DatasourceNoData", "DatasourceError"})
_REASON = "grafana_state_reason"
_LABEL = "__alert_rule_uid__"
_UID = re.compile(
    rf"/alerting/(?:grafana/)?([A-Za-z0-9_-]{{1,60}})/(?:view|edit)|{_LABEL}(?:%3D|=)([\w-]{{1,60}})", re.ASCII
)
_NOT_THE_SERIES = frozenset({"alertname", "rulename", "grafana_folder", "ref_id", "datasource_uid", _LABEL})
"""Labels that say which rule it is, or why it is blind, and not which of its series."""


class RuleAlert(GroupAlert):
    """One alert of a group; of a rule of Grafana's, or of anything else that Alertmanager is told."""

    orgId: int = 0
    silenceURL: str = ""

    @property
    def uid(self) -> str:
        """The rule's, if this is Grafana's."""
        found = _UID.search(self.generatorURL) or _UID.search(self.silenceURL)
        return (found[1] or found[2]) if found else self.labels.get(_LABEL, "")

    @property
    def cannot_see(self) -> bool:
        """Whether it is about the rule's eyes and not about what the rule watches."""
        return self.labels.get("alertname") in _BLIND

    @property
    def sees_again(self) -> bool:
        """Whether it says that they are open again, from which nothing follows."""
        return self.cannot_see and self.status == "resolved"

    @property
    def blind(self) -> str:
        """Why its status is neither the problem nor its end, if it is neither."""
        if self.cannot_see:
            return CANNOT_SEE
        reason = clean(self.annotations.get(_REASON, ""), 60)
        if reason and self.status == "resolved":
            return f"Grafana no longer watches it ({reason})"
        return self.quiet


def fingerprint(alert: RuleAlert, form: str, org: int) -> str:
    """`form:<rule>:<series>`: what is said of a rule as a whole finds all of its incidents."""
    name = alert.labels.get("rulename" if alert.cannot_see else "alertname", "")
    rule = (alert.uid,) if alert.uid else ("", alert.labels.get("grafana_folder", ""), name)
    told = series({label: value for label, value in alert.labels.items() if label not in _NOT_THE_SERIES})
    return f"{form}:{fingerprint_of(str(org), *rule, digits=16)}:{fingerprint_of(*told, digits=16)}"


def of_rule(alert: RuleAlert, group: Group, form: str, problem: str, default: Severity) -> Alert:
    """One alert of the group in our form, named after the rule where the rule cannot be evaluated."""
    known = normalised(alert, group, form, problem, default)
    name = alert.labels.get("rulename", "") if alert.cannot_see else ""
    return known.model_copy(update={"name": clean(name, 300) or known.name})
