"""Drills of systems with worlds of their own, by the whole stack: one stack, and for each drill a world."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, cast

from sandbox.drills.drill import Drill
from sandbox.own.world import Worlds, carry_out
from sandbox.rehearsal import open_stack
from sandbox.saving import save
from sandbox.within.lanes import Shown, shown
from sandbox.within.processor import seconds_used

SETTINGS = """
routes_from = ["sandbox.own.routes:RULES"]

[formats.alertmanager]
secrets = ["file:alertmanager.token"]
"""


def show_really(drills: Iterable[Drill]) -> Iterator[Shown]:
    """Each drill, one after another."""
    with (
        tempfile.TemporaryDirectory(prefix="codeblue-drill-") as name,
        Worlds(Path(name) / "worlds") as worlds,
        open_stack(Path(name), SETTINGS) as running,
    ):
        for drill in drills:
            before = seconds_used()
            with worlds.world_for(drill) as world:
                for saved, environment in world.environments().items():
                    save(environment, saved)
                here = running.on(cast("Any", world))  # only the system's own drills touch it
                yield shown(carry_out(drill, world, here), here.journal, before)
