"""What `codeblue sandbox save` does: the world as a saved environment, and how to begin with it."""

from __future__ import annotations

import shlex
from datetime import timedelta

from pydantic import TypeAdapter, ValidationError

from blocks.notifier import Notifier
from runbook.system import member
from sandbox.database import Address
from sandbox.eyes import SEEING, saved_as
from sandbox.saving import database
from sandbox.saving import save as save_environment
from sandbox.selftest.incident import Practice
from sandbox.turns import PACE
from sandbox.world import Facts
from sandbox.worlds import world_of

_SPAN = TypeAdapter(timedelta)


def save(facts: Facts, name: str | None) -> tuple[str, str]:
    """Save it under this name, or the usual one, at the Prefect that is asked now.

    Returns the name and a command to start with, which has the practice meaning of `long`: seconds, not half an hour.
    """
    from sandbox.drills.run import modules  # drills are written in terms of the rehearsal, which saves the self-test

    kind, usual = world_of(facts.known_as), saved_as(facts.known_as, SEEING)
    chosen = name or usual
    save_environment(kind.environments(facts, pace=PACE)[usual], chosen)
    runbook = member(kind.tried_first).name
    command = ["codeblue", "run", runbook, "--environment", chosen]
    for module in modules():
        if module.DRILLS[0].runbook == runbook:
            for parameter, value in getattr(module, "PARAMS", {}).items():
                command += ["--param", f"{parameter}={typed(str(value))}"]
    return chosen, shlex.join(command)


def typed(value: str) -> str:
    """A parameter as people type it: a span as `2s`, as everywhere in the documents, and not as `PT2S`."""
    try:
        span = _SPAN.validate_python(value)
    except ValidationError:
        return value
    return f"{span.total_seconds():g}s" if value.startswith("P") else value


def practice(address: Address) -> Practice:
    """The environment of the practice runbook: the database alone."""
    return Practice(notifier=Notifier(), practice_pace=PACE, database=database(address))
