"""The runbooks that are deployed, and the rules by which alerts find them.

The receiver reads `RULES` (`routes_from = ["deployments.catalogue:RULES"]`) and asks them for alerts of their own
system only; the operator's own routes are more specific, or come first. Nothing here is kept by hand: every rule is
made from a runbook's declaration.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

from deployments.deployed import Listed, listed
from deployments.receiver.routing import Rule
from runbook import Runbook

log = logging.getLogger("codeblue.receiver")

TRIAGE = "triage"
"""The last part of the name of a system's triage runbook: it takes what no other runbook takes, and what two take."""


def rules() -> list[Rule]:
    """What each deployed runbook takes. A label `environment` chooses the saved environment; others bring parameters.

    A runbook takes the alerts that it says it starts on. `<system>.triage` takes those of its system that nobody else
    takes, or that two take. A runbook that cannot be imported has no rules, and stops none of the others.
    """
    return [rule for one in listed() for rule in _declared(one)]


def _declared(one: Listed) -> list[Rule]:
    try:
        return list(_rules(one.name, one.declaration))
    except Exception as error:  # noqa: BLE001 # whatever is wrong with one runbook must not stop the others
        said = " ".join(str(error).split())[:300]
        log.error("%s cannot be loaded (%s: %s): no alert starts it.", one.runbook, type(error).__name__, said)  # noqa: TRY400 # a sentence
        return []


def _rules(deployment: str, runbook: Runbook[Any, Any]) -> Iterator[Rule]:
    def rule(name: str, *, triage: bool) -> Rule:
        return Rule(
            name=name,
            format="*",
            labels={},
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
        yield rule(alert, triage=False)
    if runbook.name == f"{runbook.system}.{TRIAGE}":
        yield rule("*", triage=True)


RULES = rules()
