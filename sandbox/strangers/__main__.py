"""Lets strangers meet their runbooks and prints what came of it; `make strangers` calls it."""

from __future__ import annotations

import argparse
import secrets
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from sandbox.drills.run import drills
from sandbox.strangers.lot import at_work, drawn, every
from sandbox.strangers.meet import Met, meet
from sandbox.within.lanes import warm_up
from sandbox.within.rehearsal import open_within
from sandbox.worlds import world_of

MANY = 1500


def main(many: int, seed: str, runbook: str | None, kind: str | None = None, system: str | None = None) -> int:
    """0 when no change was harmful, nobody was told that all is well falsely, and few were blamed wrongly."""
    console = Console(width=170)
    here = world_of(system).system
    known = tuple(drill for drill in drills() if drill.system == here)
    meant = (one for one in every(known) if runbook in (None, one.runbook) and kind in (None, one.kind))
    lot = drawn(meant, many, seed)
    console.print(f"{len(lot)} strangers, drawn by seed {seed}")
    warm_up()
    met: list[Met] = []
    with (
        tempfile.TemporaryDirectory(prefix="codeblue-strangers-") as folder,
        open_within(Path(folder), system=here) as rehearsal,
    ):
        for stranger in lot:
            one = meet(stranger, rehearsal, at_work(stranger, known))
            met.append(one)
            said = one.told or ((f"could not be tried: {one.unmet}" if one.unmet else "as the rules have it"),)
            console.print(f"… {stranger}: {'; '.join(said)}", markup=False)
    console.print(table("runbook", met, lambda one: one.stranger.runbook))
    console.print(table("kind", met, lambda one: one.stranger.kind))
    console.print(f"The same again: --many {many} --seed {seed}")
    tried = [one for one in met if not one.unmet]
    wrong = sum(one.wrongly_blamed for one in tried)
    return int(any(one.harmful or one.all_clear for one in tried) or wrong > MOST_WRONG * len(tried))


MOST_WRONG = 0.02
"""Share that may be blamed wrongly."""


def table(what: str, met: Sequence[Met], of: Callable[[Met], str]) -> Table:
    """The figures by runbook, or by kind; and of all together."""
    drawn_ = Table(title=f"Strangers by {what}")
    for heading in (what, "tried", "not to be tried", "blamed wrongly", "harmful changes", "false all-clears"):
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
        )
        drawn_.add_row(name, *map(str, counts))
    return drawn_


if __name__ == "__main__":
    asked = argparse.ArgumentParser()
    asked.add_argument("--many", type=int, default=MANY)
    asked.add_argument("--seed", default=secrets.token_hex(4), help="draw the same ones again")
    asked.add_argument("--runbook", default=None, help="only before this one")
    asked.add_argument("--kind", default=None, help="only of this kind, such as pair, edge, blind or without")
    asked.add_argument("--system", default=None, help="of this system; the first that has a world if left out")
    given = asked.parse_args()
    sys.exit(main(given.many, given.seed, given.runbook, given.kind, given.system))
