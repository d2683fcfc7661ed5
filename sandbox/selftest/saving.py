"""What `codeblue sandbox save` does: the world as a saved environment, and how to begin with it."""

from __future__ import annotations

import shlex

from sandbox.selftest.settings import SEEING
from sandbox.systems.rung.drills.connection_exhaustion import DRILLS, PARAMS
from sandbox.systems.rung.wiring import rung
from sandbox.systems.rung.wiring import save as save_environment
from sandbox.systems.rung.world import Facts


def save(facts: Facts, name: str | None) -> tuple[str, str]:
    """Save it under this name, or the usual one, at the Prefect that is asked now.

    Returns the name and a command to start with, which has the practice meaning of `long`: seconds, not half an hour.
    """
    chosen = name or SEEING
    save_environment(rung(facts), chosen)
    command = ["codeblue", "run", DRILLS[0].runbook, "--environment", chosen]
    for parameter, value in PARAMS.items():
        command += ["--param", f"{parameter}={value}"]
    return chosen, shlex.join(command)
