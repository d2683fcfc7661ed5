"""Twenty probes of 200 ms each, asked at once by `tasks.gather` in a flow run of the real stack."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from benchmarks.figures import Figure, Goal, Series, Unit
from benchmarks.twenty import EACH, PROBES, TOOK
from deployments import wakeup
from journal.chain import Entry
from journal.facts.closed import Noted
from journal.facts.seen import Read
from sandbox.eyes import SEEING
from sandbox.rehearsal import Rehearsal, wait

REST = 1.0


def twenty(rehearsal: Rehearsal, rounds: int, tell: Callable[[str], None]) -> Figure:
    """Each round is a flow run in a fresh process, as each incident is."""
    whole: list[float] = []
    ratio: list[float] = []
    slowest: list[float] = []
    spread: list[float] = []
    with rehearsal.stack.client() as client:
        deployment = client.read_deployment_by_name("benchmark.twenty/twenty").id
        for number in range(rounds + 1):
            tell(f"{PROBES} probes, {number} of {rounds}")
            params = {"params": {"environment": rehearsal.named(SEEING)}}
            run = client.create_flow_run_from_deployment(deployment, parameters=params).id
            wakeup.ring(rehearsal.stack.home, run)
            incident = wait(lambda: rehearsal.journal.incident_of(str(run)), within=30, what=f"run {run}")  # noqa: B023 # called before the next
            rehearsal.closed(incident)
            entries = rehearsal.journal.entries(incident)
            took, reads = _took(entries), [entry.fact for entry in entries if isinstance(entry.fact, Read)]
            if number:
                longest = max(read.took.total_seconds() for read in reads)
                whole.append(took)
                slowest.append(longest)
                ratio.append(took / longest)
                spread.append((max(read.at for read in reads) - min(read.at for read in reads)).total_seconds())
            time.sleep(REST)
    return Figure(
        title=f"{PROBES} probes of {1000 * EACH:.0f} ms each",
        ours=(
            (Series(name="Code Blue, one gather", samples=whole), None),
            (Series(name="… against its slowest probe", samples=ratio, unit=Unit.TIMES), Goal(at_most=1.25)),
        ),
        references=(),
        parts=(
            Series(name="from the first to the last probe's beginning", samples=spread, unit=Unit.MILLISECONDS),
            Series(name="the slowest probe", samples=slowest, unit=Unit.MILLISECONDS),
        ),
    )


def _took(entries: Sequence[Entry]) -> float:
    return next(float(e.fact.text) for e in entries if e.key == TOOK and isinstance(e.fact, Noted))
