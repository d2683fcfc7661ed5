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
from sandbox.own.world import OwnWorld, carry_out, opened, practice_rules
from sandbox.rehearsal import TOKEN, variables
from sandbox.turns import take
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
    with tempfile.TemporaryDirectory(prefix="codeblue-drill-") as folder:
        for drill in drills:
            before = seconds_used()
            with open_within(drill, Path(folder) / drill.runbook / drill.name) as (world, here):
                yield shown(carry_out(drill, world, here), here.journal, before)


@contextmanager
def open_within(drill: Drill, folder: Path) -> Generator[tuple[OwnWorld, ProcessRehearsal]]:
    """Start a drill's world and the pipeline under a folder; ends both."""
    folder.mkdir(parents=True, exist_ok=True)
    keep_secret(folder / "alertmanager.token", TOKEN)
    url = f"sqlite:///{folder / 'journal.db'}"
    practice = PracticeClock(live=lambda: None)
    take(TURN_SECONDS)
    with (
        variables({"CODEBLUE_HOME": str(folder), "CODEBLUE_JOURNAL": url}),
        opened(drill, folder / "world") as world,
        clock.use(practice),
        opened_for_practice(url) as journal,
    ):
        environments = cast("Any", world.environments())  # of whatever kind the system has
        engine = ProcessEngine(environments, journal)
        tools = Tools(home=folder, fetch=nothing, keep=lambda _keys: None)
        with carried_by(engine):
            yield (
                world,
                ProcessRehearsal(
                    world=cast("Any", world),  # only the system's own drills touch it
                    journal=journal,
                    clock=practice,
                    engine=engine,
                    format=make(Options(secrets=["file:alertmanager.token"], header=None, body_limit=2**20), tools),
                    routes=dict.fromkeys((False, True), Routes(practice_rules())),
                    environments={False: environments, True: environments},
                ),
            )
