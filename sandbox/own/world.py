"""What a system's own world is, and how a drill is carried out on it, whatever carries the pipeline.

`System.world` names what opens one: a context manager that takes a folder and gives an `OwnWorld`.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, Self, cast, runtime_checkable

from blocks.environment import Environment
from deployments.catalogue import rules
from deployments.receiver.routing import Rule
from deployments.systems import system_of, systems
from runbook.system import member
from sandbox.drills.carrying import answer_all, done_there, late, let_cool_down, refuse_what_was_handed_over
from sandbox.drills.drill import Drill, Outcome, judged
from sandbox.errors import SandboxError
from sandbox.rehearsal import Rehearsing
from sandbox.worlds import worlds


class OwnWorld(Protocol):
    """What a drill needs of a system's world. Each drill is carried out on a new one."""

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


@runtime_checkable
class LastingWorld(OwnWorld, Protocol):
    """A world that serves one drill after another, since `heal` puts everything back, and lives by their time."""

    def live(self) -> None:
        """A turn of the rehearsal's time; by the whole stack nobody turns it, so it must live by itself as well."""
        ...


class Worlds:
    """Gives each drill a world: a new one, or where it lasts, the one that its system's drill before had."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._held, self._kept = folder, ExitStack(), dict[str, OwnWorld]()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._held.close()

    @contextmanager
    def world_for(self, drill: Drill) -> Generator[OwnWorld]:
        """In which everything is well."""
        if drill.system in self._kept:
            yield self._kept[drill.system]
            return
        with ExitStack() as opening:
            world = opening.enter_context(opened(drill, self._folder / drill.runbook / drill.name / "world"))
            if isinstance(world, LastingWorld):
                self._kept[drill.system] = world
                self._held.push(opening.pop_all().__exit__)
            yield world


def rehearsed() -> tuple[str, ...]:
    """The systems that have drills and a world of their own."""
    return tuple(name for name, one in systems().items() if one.drills and one.world and name not in worlds())


def chosen(names: list[str]) -> list[Drill]:
    """Their drills that a person means; all when nothing is named. A system that is not meant is not imported."""
    meant = [one for one in rehearsed() if not names or any(f"{name}.".startswith(f"{one}.") for name in names)]
    return [one for system in meant for module in _modules(system) for one in module.DRILLS if one.meant_by(names)]


def is_own(drill: Drill) -> bool:
    """Whether it is carried out on a world of its system's own."""
    return drill.system in rehearsed()


def opened(drill: Drill, folder: Path) -> AbstractContextManager[OwnWorld]:
    """A world for a drill, with its logs under a folder; everything is well in it."""
    open_world: Callable[[Path], AbstractContextManager[OwnWorld]] = member(system_of(drill.system).world or "")
    return open_world(folder)


def practice_rules() -> list[Rule]:
    """How alerts find runbooks, those of these systems with the parameters that practice gives them (`PARAMS`)."""
    params = {
        drill.runbook: getattr(module, "PARAMS", {})
        for system in rehearsed()
        for module in _modules(system)
        for drill in module.DRILLS
    }
    return [one.model_copy(update={"params": dict(params.get(one.runbook, {}))}) for one in rules()]


def carry_out(drill: Drill, world: OwnWorld, rehearsal: Rehearsing) -> Outcome:
    """Break, alert, answer, look at the world, heal. What does not happen in time is a fault like any other."""
    try:
        return _carried_out(drill, world, rehearsal)
    except (TimeoutError, SandboxError) as fault:
        return late(drill, fault)
    except Exception as fault:  # noqa: BLE001 # whatever somebody's world raises costs the drill that met it, and no other
        return late(drill, SandboxError(f"{type(fault).__name__}: {fault}"))
    finally:
        world.heal()


def _carried_out(drill: Drill, world: OwnWorld, rehearsal: Rehearsing) -> Outcome:
    environment = world.environments().get(drill.environment)
    pace = environment.practice_pace if environment else 1.0
    let_cool_down(drill, rehearsal.journal, pace, rehearsal.rest)
    if drill.fault is not None:
        world.break_(drill.fault)
    incident = rehearsal.alert(drill.alert, environment=drill.environment, labels=drill.labels)
    answer_all(rehearsal, incident, approve=drill.approve, person=drill.person, meanwhile=drill.meanwhile)
    closed = rehearsal.closed(incident)
    there = done_there(rehearsal.journal, incident)
    outcome = judged(
        drill,
        rehearsal.journal,
        incident,
        closed,
        suffering=world.suffers(),
        further={f"applied {there} where it was handed over, not {drill.there}": there == drill.there},
    )
    refuse_what_was_handed_over(rehearsal, incident)
    return outcome


def _modules(system: str) -> Iterator[Any]:
    package = import_module(system_of(system).drills or "")
    for found in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        module = import_module(found.name)
        if hasattr(module, "DRILLS"):
            yield cast("Any", module)
