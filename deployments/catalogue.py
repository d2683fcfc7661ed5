"""The runbooks that are deployed, and the rules by which alerts find them.

The receiver reads `RULES` (`routes_from = ["deployments.catalogue:RULES"]`); the operator's own routes are more
specific, or come first. Nothing here is kept by hand: every rule is made from a runbook's declaration.
"""

from __future__ import annotations

from deployments.deployed import listed
from deployments.receiver.routing import Rule


def rules() -> list[Rule]:
    """One rule for each alert that a runbook starts on; a label `environment` chooses the saved environment."""
    return [
        Rule(
            name=alert,
            format="*",
            triage=False,
            severity=None,
            deployment=f"{runbook.name}/{one.name}",
            runbook=runbook.name,
            title=runbook.title,
            version=runbook.version,
            system=runbook.system,
            environment=runbook.environment,
            from_labels={"environment": "environment", **runbook.from_labels},
        )
        for one in listed()
        for runbook in [one.declaration]
        for alert in runbook.starts_on
    ]


RULES = rules()
