"""Drills of a system that brings a world of its own, within one process.

`System.world` names what opens it: a context manager that takes a folder and gives an `OwnWorld`.
"""

from __future__ import annotations

import pkgutil
import tempfile
from collections.abc import Generator, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, cast

from blocks.environment import Environment
from deployments.catalogue import rules
from deployments.private_files import keep_secret
from deployments.receiver.formats import Tools
from deployments.receiver.formats.alertmanager import Options, make
from deployments.receiver.routing import Routes
from deployments.systems import system_of, systems
from journal import clock
from journal.store import Journal
from runbook.system import System, member
from sandbox.drills.carrying import answer_all
from sandbox.drills.drill import Drill, Outcome, judged
from sandbox.errors import SandboxError
from sandbox.rehearsal import TOKEN, variables
from sandbox.turns import take
from sandbox.within.clock import PracticeClock
from sandbox.within.engine import ProcessEngine
from sandbox.within.rehearsal import ProcessRehearsal, nothing
from sandbox.worlds import worlds
from tasks.engine import carried_by

TURN_SECONDS = 0.5


class OwnWorld(Protocol):
    """What a drill needs of a system's world."""

    def environments(self) -> Mapping[str, Environment]:
        """What its runbooks are rehearsed in, by the names that the drills give."""
        ...

    def break_(self, fault: str) -> None:
        """Break something."""
        ...

    def heal(self) -> None:
        """Put everything right."""
        ...

    def suffers(self) -> tuple[str, ...]:
        """What users complain about."""
        ...


def rehearsed() -> tuple[str, ...]:
    """The systems that have drills and a world of their own."""
    return tuple(name for name, one in systems().items() if one.drills and one.world and name not in worlds())


def drills_of(system: System) -> Iterator[tuple[Drill, Mapping[str, Any]]]:
    """Its drills, with the parameters that practice gives to their runbook (`PARAMS`)."""
    package = import_module(system.drills or "")
    for found in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        module = import_module(found.name)
        for drill in getattr(module, "DRILLS", ()):
            yield drill, getattr(module, "PARAMS", {})


def carried_out(name: str, names: list[str]) -> Iterator[Outcome]:
    """Carry the drills of a system out, those that are meant; each begins with a world that is well."""
    system = system_of(name)
    every = list(drills_of(system))
    meant = [d for d, _ in every if not names or any(f"{d.runbook}.{d.name}.".startswith(f"{n}.") for n in names)]
    params = {drill.runbook: given for drill, given in every}
    with tempfile.TemporaryDirectory(prefix="codeblue-drill-") as folder:
        for drill in meant:
            with open_own(system, Path(folder) / drill.runbook / drill.name, params) as (world, rehearsal):
                yield _carried_out(drill, world, rehearsal)


@contextmanager
def open_own(
    system: System, folder: Path, params: Mapping[str, Mapping[str, Any]]
) -> Generator[tuple[OwnWorld, ProcessRehearsal]]:
    """Start a system's world and the pipeline under a folder; ends both."""
    folder.mkdir(parents=True, exist_ok=True)
    keep_secret(folder / "alertmanager.token", TOKEN)
    open_world = member(system.world or "")
    opened: AbstractContextManager[OwnWorld] = open_world(folder / "world")
    url = f"sqlite:///{folder / 'journal.db'}"
    practice = PracticeClock(live=lambda: None)
    take(TURN_SECONDS)
    routes = Routes([one.model_copy(update={"params": dict(params.get(one.runbook, {}))}) for one in rules()])
    with (
        variables({"CODEBLUE_HOME": str(folder), "CODEBLUE_JOURNAL": url}),
        opened as world,
        clock.use(practice),
        Journal.connect(url) as journal,
    ):
        environments = cast("Any", world.environments())  # of whatever kind the system has
        engine = ProcessEngine(environments)
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
                    routes=dict.fromkeys((False, True), routes),
                    environments={False: environments, True: environments},
                ),
            )


def _carried_out(drill: Drill, world: OwnWorld, rehearsal: ProcessRehearsal) -> Outcome:
    """Break, alert, answer, look at the world. What does not happen in time is a fault like any other."""
    try:
        if drill.fault is not None:
            world.break_(drill.fault)
        incident = rehearsal.alert(drill.alert, environment=drill.environment, labels=drill.labels)
        answer_all(rehearsal, incident, approve=drill.approve, person=drill.person)
        closed = rehearsal.closed(incident)
        return judged(drill, rehearsal.journal, incident, closed, suffering=world.suffers())
    except (TimeoutError, SandboxError) as late:
        return Outcome(drill=drill, incident="", ending=None, top=None, applied=(), healthy=False, faults=(str(late),))
