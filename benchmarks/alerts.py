"""The two waits of the person on call: from the alert to the first reading, and from their yes to the change.

The whole real path runs each time: receiver, Prefect, worker, a process of its own, probes on a real PostgreSQL and a
real AWS interface. Times are differences of what the journal itself recorded, so nothing has to be asked meanwhile.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TypeVar
from uuid import UUID

from benchmarks.figures import Figure, Goal, Series, Unit
from flows.parts.postgres.connections import GUARDRAIL
from journal.chain import Entry
from journal.facts.closed import Noted
from journal.facts.decided import Decided
from journal.facts.done import Carried, Intended
from journal.facts.opened import TakenUp
from journal.facts.seen import Checked, Read, SymptomAsked
from journal.facts.words import Act, Said
from sandbox.demo_stage import deliver
from sandbox.drills.carrying import ripe
from sandbox.rehearsal import Rehearsal, wait
from sandbox.turns import PACE

S = TypeVar("S", bound=Said)

REST = 1.0
"""Seconds between two incidents: nobody's alerts come in lockstep, and the worker keeps a process ready again."""

COOLDOWN = (GUARDRAIL.cooldown * PACE).total_seconds() + 1.0
"""Seconds after which the same change may be made again, in practice."""

Marks = list[tuple[str, datetime]]
"""What was reached when, in order; the first begins the measurement."""


def first_reading(rehearsal: Rehearsal, rounds: int, tell: Callable[[str], None]) -> Figure:
    """Alert accepted → first reading, on a healthy world: all is gathered, and nothing is changed."""
    runs: list[Marks] = []
    for number in range(rounds + 1):
        tell(f"alert → first reading, {number} of {rounds}")
        mark = uuid.uuid4().hex[:16]
        deliver(rehearsal, mark)
        accepted = datetime.now(UTC)
        incident = rehearsal.incident_with(mark)
        rehearsal.closed(incident)
        if number:  # the first one warms what a stack that has been up for a minute has warm
            runs.append(_to_first_reading(accepted, rehearsal.journal.entries(incident)))
        time.sleep(REST)
    return Figure(
        title="Alert accepted → first reading in the journal",
        ours=((_whole("Code Blue", runs), Goal(at_most=0.30)),),
        references=(),
        parts=_parts(runs),
    )


def approval(rehearsal: Rehearsal, rounds: int, tell: Callable[[str], None]) -> Figure:
    """Approval recorded → change applied: leaked sessions are really ended, each time."""
    runs: list[Marks] = []
    rested = 0.0
    for number in range(rounds + 1):
        tell(f"approval → applied, {number} of {rounds}")
        rehearsal.world.break_("idle_leak")
        wait(lambda: ripe(rehearsal.world.facts), within=60, what="the leaked sessions to grow old")
        time.sleep(max(0.0, rested - time.monotonic()))
        mark = uuid.uuid4().hex[:16]
        deliver(rehearsal, mark)
        incident = rehearsal.incident_with(mark)
        standing = rehearsal.asked(incident)
        if standing is None or standing.asked.flow_run is None:
            raise RuntimeError(f"{incident} asked for nothing: {rehearsal.closed(incident).text}")
        _until_suspended(rehearsal, UUID(standing.asked.flow_run))
        rehearsal.answer(standing, yes=True, by="benchmark")
        rehearsal.closed(incident)
        rested = time.monotonic() + COOLDOWN
        if number:
            runs.append(_to_applied(rehearsal.journal.entries(incident)))
        rehearsal.world.heal()
    return Figure(
        title="Approval recorded → change applied",
        ours=((_whole("Code Blue", runs), Goal(at_most=0.5)),),
        references=(),
        parts=_parts(runs),
    )


def _until_suspended(rehearsal: Rehearsal, run: UUID) -> None:
    """A person thinks for longer than a run needs to suspend itself."""

    def suspended() -> bool | None:
        with rehearsal.stack.client() as client:
            state = client.read_flow_run(run).state
        return True if state is not None and state.is_paused() else None

    wait(suspended, within=30, what=f"run {run} to suspend itself")
    time.sleep(REST)


def _to_first_reading(accepted: datetime, entries: Sequence[Entry]) -> Marks:
    reads = [entry for entry in entries if isinstance(entry.fact, Read)]
    return [
        ("202 received", accepted),
        ("incident opened", entries[0].at),
        ("its run created, the worker told", _at(entries, Noted)),
        ("a process has taken it up", _at(entries, TakenUp)),
        ("identity, account and reach checked", _at(entries, Checked)),
        ("first reading", reads[0].at),
    ]


def _to_applied(entries: Sequence[Entry]) -> Marks:
    decided = next(place for place, entry in enumerate(entries) if isinstance(entry.fact, Decided))
    after = entries[decided:]
    return [
        ("approval recorded", after[0].at),
        ("a process has taken it up again", _at(after, TakenUp)),
        ("the symptom asked again", _at(after, SymptomAsked)),
        ("the intent recorded", _at(after, Intended)),
        ("applied", _at([e for e in after if isinstance(e.fact, Carried) and e.fact.act is Act.APPLY], Carried)),
    ]


def _at(entries: Sequence[Entry], kind: type[S]) -> datetime:
    return next(entry.at for entry in entries if isinstance(entry.fact, kind))


def _whole(name: str, runs: Sequence[Marks]) -> Series:
    return Series(name=name, samples=[(marks[-1][1] - marks[0][1]).total_seconds() for marks in runs])


def _parts(runs: Sequence[Marks]) -> tuple[Series, ...]:
    names = [name for name, _ in runs[0]] if runs else []
    return tuple(
        Series(
            name=f"→ {name}",
            samples=[(marks[place][1] - marks[place - 1][1]).total_seconds() for marks in runs],
            unit=Unit.MILLISECONDS,
        )
        for place, name in enumerate(names)
        if place
    )
