"""The runbooks that are deployed, and the rules by which alerts find them.

The receiver reads `RULES` (`routes_from = ["deployments.catalogue:RULES"]`); the operator's own routes are more
specific, or come first. Nothing here is kept by hand: every rule is made from a runbook's declaration.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from deployments.deployed import listed
from deployments.receiver.routing import Rule
from runbook import Runbook

TRIAGE = "triage"
"""The last part of the name of a system's triage runbook: it takes what no other runbook takes, and what two take."""


def rules() -> list[Rule]:
    """What each deployed runbook takes. A label `environment` chooses the saved environment; others bring parameters.

    A runbook takes the alerts that it says it starts on. `<system>.triage` takes those of its system that nobody else
    takes, or that two take; and those that name no system, so that an alert never leads to nothing.
    """
    return [rule for one in listed() for rule in _rules(one.name, one.declaration)]


def _rules(deployment: str, runbook: Runbook[Any, Any]) -> Iterator[Rule]:
    def rule(name: str, labels: Mapping[str, str], *, triage: bool) -> Rule:
        return Rule(
            name=name,
            format="*",
            labels=dict(labels),
            triage=triage,
            severity=None,
            deployment=f"{runbook.name}/{deployment}",
            runbook=runbook.name,
            title=runbook.title,
            version=runbook.version,
            system=runbook.system,
            environment=runbook.environment,
            from_labels={"environment": "environment", **runbook.from_labels},
        )

    for alert in runbook.starts_on:
        yield rule(alert, {}, triage=False)
    if runbook.name == f"{runbook.system}.{TRIAGE}":
        yield rule("*", {"system": runbook.system}, triage=True)
        yield rule("*", {"environment": f"{runbook.system}-*"}, triage=True)
        yield rule("*", {}, triage=True)


RULES = rules()
