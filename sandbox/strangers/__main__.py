"""Lets strangers meet their runbooks and prints what came of it; `make strangers` calls it."""

from __future__ import annotations

import argparse
import secrets
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from sandbox.drills import calibration
from sandbox.drills.drill import Drill
from sandbox.drills.run import drills
from sandbox.strangers.lot import Stranger, at_work, drawn, every
from sandbox.strangers.meet import Met, meet
from sandbox.strangers.record import Record, met
from sandbox.within.lanes import warm_up
from sandbox.within.rehearsal import open_within
from sandbox.worlds import world_of

MANY = 1500


def main(asked: Asked) -> int:
    """0 when all ended, no change was harmful, nobody was told falsely that all is well, few were blamed wrongly."""
    console = Console(width=170)
    here = world_of(asked.system).system
    known = tuple(drill for drill in drills() if drill.system == here)
    meant = [one for one in every(known) if asked.runbook in (None, one.runbook) and asked.kind in (None, one.kind)]
    records = [Record(path=path) for path in asked.sum_of or asked.out]
    had = {str(one.stranger): one for one in met(records, meant, known)}
    if not asked.sum_of:
        lot = drawn(meant, asked.skip + asked.many, asked.seed)[asked.skip :]
        todo = [one for one in lot if str(one) not in had or (asked.again and again(had[str(one)]))]
        console.print(f"{len(lot)} strangers, drawn by seed {asked.seed}; {len(lot) - len(todo)} are recorded already")
        for one in carried(todo, here, known):
            had[str(one.stranger)] = one
            for record in records:
                record.add(one)
            said = one.told or ((f"could not be tried: {one.unmet}" if one.unmet else "as the rules have it"),)
            console.print(f"… {one.stranger}: {'; '.join(said)}", markup=False)
        console.print(f"The same again: --many {asked.many} --skip {asked.skip} --seed {asked.seed}")
    every_one = tuple(had.values())
    for one in every_one if asked.sum_of else ():
        for line in one.told:
            console.print(f"{one.stranger}: {line}", markup=False)
    console.print(table("runbook", every_one, lambda one: one.stranger.runbook))
    console.print(table("kind", every_one, lambda one: one.stranger.kind))
    console.print(calibration.drawn(blamed for one in every_one for blamed in one.blames))
    tried = [one for one in every_one if not one.unmet]
    wrong = sum(one.wrongly_blamed for one in tried)
    return int(any(one.harmful or one.all_clear or one.endless for one in tried) or wrong > MOST_WRONG * len(tried))


def again(one: Met) -> bool:
    """Whether it is worth meeting once more: a rule was broken, or it could not be tried."""
    return bool(one.told or one.unmet)


def carried(lot: Sequence[Stranger], system: str, known: Sequence[Drill]) -> Iterator[Met]:
    """Each of them, before its runbook, on one world."""
    left = iter(lot)
    stranger = next(left, None)
    if stranger is not None:
        warm_up()
    while stranger is not None:
        with (
            tempfile.TemporaryDirectory(prefix="codeblue-strangers-") as folder,
            open_within(Path(folder), system=system) as rehearsal,
        ):
            while stranger is not None:
                one = meet(stranger, rehearsal, at_work(stranger, known))
                yield one
                stranger = next(left, None)
                if one.endless:  # its incident is still open, and the next one would join it
                    break


MOST_WRONG = 0.02
"""Share that may be blamed wrongly."""


def table(what: str, met: Sequence[Met], of: Callable[[Met], str]) -> Table:
    """The figures by runbook, or by kind; and of all together."""
    drawn_ = Table(title=f"Strangers by {what}")
    for heading in (
        what,
        "tried",
        "not to be tried",
        "blamed wrongly",
        "harmful changes",
        "false all-clears",
        "endless",
    ):
        drawn_.add_column(heading)
    for name in (*sorted(set(map(of, met))), "all"):
        here = [one for one in met if name in ("all", of(one))]
        tried = [one for one in here if not one.unmet]
        counts = (
            len(tried),
            len(here) - len(tried),
            sum(one.wrongly_blamed for one in tried),
            sum(one.harmful for one in tried),
            sum(one.all_clear for one in tried),
            sum(one.endless for one in tried),
        )
        drawn_.add_row(name, *map(str, counts))
    return drawn_


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What is to be met, and where it is recorded."""

    many: int
    skip: int
    seed: str
    runbook: str | None
    kind: str | None
    system: str | None
    out: list[Path]
    again: bool
    sum_of: list[Path]


def asked_for(arguments: Sequence[str] | None = None) -> Asked:
    """What the command line says."""
    asked = argparse.ArgumentParser(prog="python -m sandbox.strangers")
    asked.add_argument("--many", type=int, default=MANY)
    asked.add_argument("--skip", type=int, default=0, help="leave out so many of the seed's first ones")
    asked.add_argument("--seed", default=secrets.token_hex(4), help="draw the same ones again")
    asked.add_argument("--runbook", default=None, help="only before this one")
    asked.add_argument("--kind", default=None, help="only of this kind, such as pair, edge, blind or without")
    asked.add_argument("--system", default=None, help="of this system; the first that has a world if left out")
    asked.add_argument("--out", type=Path, nargs=1, default=[], help="record each here; what it has is not met again")
    asked.add_argument("--again", action="store_true", help="but for those that broke a rule or could not be tried")
    asked.add_argument("--sum", dest="sum_of", type=Path, nargs="+", default=[], help="only add these records up")
    return Asked(**vars(asked.parse_args(arguments)))


if __name__ == "__main__":
    sys.exit(main(asked_for()))
