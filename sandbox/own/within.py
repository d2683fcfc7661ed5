"""Drills of systems with worlds of their own, within one process: each on a new world, with a new journal."""

from __future__ import annotations

import tempfile
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from deployments.private_files import keep_secret
from deployments.receiver.formats import Tools
from deployments.receiver.formats.alertmanager import Options, make
from deployments.receiver.routing import Routes
from journal import clock
from sandbox.drills.drill import Drill
from sandbox.own.world import LastingWorld, OwnWorld, Worlds, carry_out, practice_rules
from sandbox.rehearsal import TOKEN, variables
from sandbox.turns import take, turn_seconds
from sandbox.within.clock import PracticeClock
from sandbox.within.engine import ProcessEngine
from sandbox.within.lanes import Shown, shown
from sandbox.within.processor import seconds_used
from sandbox.within.record import opened_for_practice
from sandbox.within.rehearsal import ProcessRehearsal, nothing
from tasks.engine import carried_by

TURN_SECONDS = 0.5


def show_within(drills: Iterable[Drill]) -> Iterator[Shown]:
    """Each drill, one after another."""
    with tempfile.TemporaryDirectory(prefix="codeblue-drill-") as folder, Worlds(Path(folder)) as worlds:
        for drill in drills:
            yield show_on(worlds, drill, Path(folder))


def show_on(worlds: Worlds, drill: Drill, folder: Path) -> Shown:
    """One drill, on the world that it is given; its journal is under the folder."""
    before = seconds_used()
    with worlds.world_for(drill) as world, open_within(world, folder / drill.runbook / drill.name) as here:
        return shown(carry_out(drill, world, here), here.journal, before)


@contextmanager
def open_within(world: OwnWorld, folder: Path) -> Generator[ProcessRehearsal]:
    """Start the pipeline on a world, under a folder; ends it."""
    folder.mkdir(parents=True, exist_ok=True)
    keep_secret(folder / "alertmanager.token", TOKEN)
    url = f"sqlite:///{folder / 'journal.db'}"
    practice = PracticeClock(live=world.live if isinstance(world, LastingWorld) else lambda: None)
    take(TURN_SECONDS)
    with (
        variables({"CODEBLUE_HOME": str(folder), "CODEBLUE_JOURNAL": url}),
        clock.use(practice),
        opened_for_practice(url) as journal,
    ):
        if isinstance(world, LastingWorld):
            world.heal()  # the drill before had a clock of its own, which may be far ahead
        environments = cast("Any", world.environments())  # of whatever kind the system has
        # A world that lives by turns is the same between two of them, so nobody need look more often.
        engine = ProcessEngine(environments, journal, *((turn_seconds,) if isinstance(world, LastingWorld) else ()))
        tools = Tools(home=folder, fetch=nothing, keep=lambda _keys: None)
        with carried_by(engine):
            yield ProcessRehearsal(
                world=cast("Any", world),  # only the system's own drills touch it
                journal=journal,
                clock=practice,
                engine=engine,
                format=make(Options(secrets=["file:alertmanager.token"], header=None, body_limit=2**20), tools),
                routes=dict.fromkeys((False, True), Routes(practice_rules())),
                environments={False: environments, True: environments},
            )
