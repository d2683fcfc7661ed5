"""Carries drills out and prints what they showed; `make drill` and `codeblue drill` call it."""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from rich.console import Console
from rich.table import Table

from deployments.systems import system_of
from journal import clock
from journal.near import perhaps
from sandbox.drills import calibration
from sandbox.drills.drill import Drill, Outcome
from sandbox.own import world as own
from sandbox.own.really import show_really
from sandbox.own.within import show_within
from sandbox.rehearsal import open_rehearsal
from sandbox.within import twins as twinned
from sandbox.within.lanes import Shown, by_system, show, show_all
from sandbox.worlds import worlds


def modules() -> Iterator[ModuleType]:
    """Every module of drills of the systems that have a world for the sandbox."""
    for name in worlds():
        system = system_of(name)
        if system.drills is None:
            continue
        package = importlib.import_module(system.drills)
        for found in pkgutil.iter_modules(package.__path__, f"{system.drills}."):
            module = importlib.import_module(found.name)
            if hasattr(module, "DRILLS"):
                yield module


def drills() -> Iterator[Drill]:
    """Every drill that is carried out on the sandbox."""
    for module in modules():
        yield from module.DRILLS


def chosen(names: list[str]) -> list[Drill]:
    """The drills that a person means by systems (`shop`), runbooks (`shop.x`) or single drills (`shop.x.slow_disk`).

    Those of systems with worlds of their own come last.
    """
    others = own.rehearsed()
    only_others = names and all(any(f"{name}.".startswith(f"{one}.") for one in others) for name in names)
    ours = [] if only_others else [drill for drill in drills() if drill.meant_by(names)]  # importing them takes a while
    return [*ours, *own.chosen(names)]


def main(names: list[str], *, real: bool = False) -> int:
    """Run them on worlds of their own; 0 when all went as expected, 1 when not, 2 when none was meant.

    `real`: by the whole stack, one after another, at practice pace; otherwise within a few processes.
    """
    console = Console(width=170)
    meant = chosen(names)
    if not meant:
        there = sorted({drill.runbook for drill in chosen([])})
        console.print(
            f"No drill is called {' or '.join(names)}.{perhaps(' '.join(names), there)} There are: {', '.join(there)}."
        )
        return 2
    if real and all(drill.own_time for drill in meant):
        console.print("Nobody waits that long for real; leave out REAL=yes (--real) for drills in their own time.")
        return 2
    began = clock.monotonic()
    outcomes: list[Outcome] = []
    used: list[float] = []
    for shown in (really if real else within)(meant):
        drill = shown.outcome.drill
        console.print(f"… {drill.runbook} {drill.name}: {shown.seconds:.1f} s of processor")
        outcomes.append(shown.outcome)
        used.append(shown.seconds)
    outcomes.sort(key=lambda outcome: meant.index(outcome.drill))
    console.print(table(outcomes))
    for outcome in outcomes:
        for fault in outcome.faults:
            console.print(f"[red]{outcome.drill.runbook} {outcome.drill.name}[/red]: {fault}")
    console.print(calibration.drawn(one for outcome in outcomes for one in outcome.blamed))
    console.print(closing(outcomes))
    mean = sum(used) / len(used)
    console.print(
        f"{mean:.2f} s of processor a drill, {max(used):.1f} s at most; {clock.monotonic() - began:.0f} s in all"
    )
    return 1 if any(outcome.faults for outcome in outcomes) else 0


def within(meant: list[Drill]) -> Iterator[Shown]:
    """Each drill within a process."""
    ours, others = _apart(meant)
    if ours:
        yield from show_all(ours)
    yield from show_within(others)


def really(meant: list[Drill]) -> Iterator[Shown]:
    """Each drill by the whole stack, system by system, but for those in their own time: nobody waits for a week."""
    ours, others = _apart([one for one in meant if not one.own_time])
    for system, some in by_system(ours).items():
        with (
            tempfile.TemporaryDirectory(prefix="codeblue-drill-") as folder,
            open_rehearsal(Path(folder), system=system) as rehearsal,
        ):
            for one in some:
                yield show(one, rehearsal)
    if others:
        yield from show_really(others)


def _apart(meant: list[Drill]) -> tuple[list[Drill], list[Drill]]:
    """Those that are carried out on the sandbox, and those on a world of their system's own."""
    return [one for one in meant if not own.is_own(one)], [one for one in meant if own.is_own(one)]


def closing(outcomes: list[Outcome]) -> str:
    """How many went as expected; how often the right cause came first, of the drills that have one to find."""
    wrong = sum(bool(outcome.faults) for outcome in outcomes)
    text = f"{len(outcomes) - wrong} passed, {wrong} failed"
    with_cause = [outcome for outcome in outcomes if outcome.drill.top is not None]
    if not with_cause:
        return text
    first = sum(outcome.found for outcome in with_cause)
    decoys = sum(outcome.drill.decoy for outcome in with_cause)
    return (
        f"{text}; the right cause came first in {first} of {len(with_cause)} ({first / len(with_cause):.0%}),"
        f" {decoys} of them decoys"
    )


def cause_of(drill: Drill) -> str:
    """What was broken and how, in one cell."""
    causes = "+".join(drill.bounds.get("causes", (drill.fault or "none",)))
    words = [causes, *(value for value in drill.bounds.values() if isinstance(value, str))]
    return " ".join([*words, "(decoy)"] if drill.decoy else words)


def top_of(outcome: Outcome) -> tuple[str, str, str]:
    """The cause that came first, its score, and whether it is the right one, in a cell each."""
    top, right = outcome.top, outcome.drill.top
    name = f"{top.hypothesis} {top.standing}" if top else "none"
    return name, f"{top.score:.0%}" if top else "", "" if right is None else "yes" if outcome.found else "NO"


def table(outcomes: list[Outcome]) -> Table:
    """What was injected, what was found, what was done, and how the world is."""
    drawn = Table(title="Drills")
    for heading in (
        "runbook",
        "drill",
        "injected cause",
        "top verdict",
        "score",
        "right",
        "change applied",
        "healthy after",
        "ended",
        "as expected",
    ):
        drawn.add_column(heading)
    for outcome in outcomes:
        drill = outcome.drill
        drawn.add_row(
            drill.runbook,
            drill.name,
            cause_of(drill),
            *top_of(outcome),
            ", ".join(outcome.applied) or "none",
            "yes" if outcome.healthy else "no",
            outcome.ending or "not",
            "yes" if not outcome.faults else "NO",
        )
    return drawn


def twins(many: int, names: list[str]) -> int:
    """Carry drills out in both forms, drawn by lot from the commit; 0 when every pair of journals tells the same."""
    console = Console(width=170)
    drawn = twinned.lot([one for one in chosen(names) if not one.own_time], many, twinned.commit())
    different = 0
    for pair in twinned.compare(drawn, within, really):
        different += bool(pair.differences)
        console.print(f"… {pair.drill.runbook} {pair.drill.name}: {'differs' if pair.differences else 'equal'}")
        for line in pair.differences:
            console.print(f"    {line}", markup=False)
    console.print(f"{len(drawn) - different} of {len(drawn)} journals tell the same in both forms")
    return 1 if different else 0


if __name__ == "__main__":
    asked = argparse.ArgumentParser()
    asked.add_argument("names", nargs="*", help="systems, runbooks or drills; all when none is named")
    asked.add_argument("--real", action="store_true", help="by the whole stack")
    asked.add_argument("--twins", type=int, default=0, help="so many in both forms, and compare their journals")
    given = asked.parse_args()
    sys.exit(twins(given.twins, given.names) if given.twins else main(given.names, real=given.real))
