"""The runbooks that are deployed, and the rules by which alerts find them.

The receiver reads `RULES` (`routes_from = ["deployments.catalogue:RULES"]`); the operator's own routes are more
specific, or come first. Nothing here is kept by hand: every rule is made from a runbook's declaration.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Any

from deployments.deployed import specs
from deployments.receiver.routing import Rule
from runbook import Runbook


def runbooks() -> Iterator[tuple[str, Runbook[Any, Any]]]:
    """Each deployed runbook with its deployment's name."""
    for spec in specs():
        module = importlib.import_module(spec.entrypoint.rpartition(".")[0])
        runbook: Runbook[Any, Any] = module.RUNBOOK
        yield f"{runbook.name}/{spec.name}", runbook


def rules() -> list[Rule]:
    """One rule for each alert that a runbook starts on; a label `environment` chooses the saved environment."""
    return [
        Rule(
            name=alert,
            format="*",
            triage=False,
            severity=None,
            deployment=deployment,
            runbook=runbook.name,
            title=runbook.title,
            version=runbook.version,
            system=runbook.system,
            environment=runbook.environment,
            from_labels={"environment": "environment"},
        )
        for deployment, runbook in runbooks()
        for alert in runbook.starts_on
    ]


RULES = rules()
