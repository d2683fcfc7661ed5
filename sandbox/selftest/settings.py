"""The receiver's settings for practice: every alert that a drill posts, with the practice parameters of its runbook.

A drill module may have `PARAMS`: what `long`, `window` and `period` mean where nobody waits for half an hour. They are
the same parameters a person would type into the form, so they go the way an operator would give them: as routes.

Where time costs nothing, incidents are as long as in life, and a runbook looks by its own windows. A module says so by
`AS_IN_LIFE`: the parameters that are of practice even then.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from deployments.deployed import listed
from sandbox.eyes import SEEING, saved_as

HEAD = """
routes_from = ["deployments.catalogue:RULES"]

[formats.alertmanager]
secrets = ["file:alertmanager.token"]
"""

ROUTE = """
[[routes]]
name = {alert}
labels = {{ environment = "{system}-*" }}
deployment = {deployment}
runbook = {runbook}
title = {title}
version = {version}
system = "{system}"
environment = "{seeing}"
params = {params}
from_labels = {labels}
"""


def receiver_settings(*, as_in_life: bool = False) -> str:
    """The text of `receiver.toml` for a rehearsal; `as_in_life` where incidents are as long as that."""
    return HEAD + "".join(_routes("AS_IN_LIFE" if as_in_life else "PARAMS"))


def as_in_life() -> frozenset[str]:
    """The runbooks whose incidents are as long as in life where time costs nothing."""
    from sandbox.drills.run import modules  # drills are written in terms of the rehearsal that reads this

    return frozenset(drill.runbook for module in modules() if hasattr(module, "AS_IN_LIFE") for drill in module.DRILLS)


def _routes(of: str) -> Iterator[str]:
    from sandbox.drills.run import modules  # drills are written in terms of the rehearsal that reads this

    params = {drill.runbook: module for module in modules() for drill in module.DRILLS}
    for one in listed():
        runbook = one.declaration
        if runbook.name not in params:
            continue
        module = params[runbook.name]
        for alert in sorted({drill.alert for drill in module.DRILLS if drill.runbook == runbook.name}):
            yield ROUTE.format(
                alert=json.dumps(alert),
                deployment=json.dumps(f"{runbook.name}/{one.name}"),
                runbook=json.dumps(runbook.name),
                title=json.dumps(runbook.title),
                version=json.dumps(runbook.version),
                system=runbook.system,
                seeing=saved_as(runbook.system, SEEING),
                params=_inline(getattr(module, of, {})),
                labels=_inline({"environment": "environment", **runbook.from_labels}),
            )


def _inline(values: dict[str, Any]) -> str:
    """A TOML inline table of plain values; JSON writes those the same way."""
    return "{ " + ", ".join(f"{name} = {json.dumps(value)}" for name, value in values.items()) + " }"
