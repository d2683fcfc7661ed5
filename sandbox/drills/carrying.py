"""How a drill is carried out. Truth is read from the world, never from the engine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from deployments.deployed import listed
from deployments.permissions import changes_of
from journal import clock
from journal.facts.closed import Closed, HandedOff
from journal.facts.decided import TaskGiven
from journal.facts.done import Carried
from journal.facts.waited import WaitBegun
from journal.facts.words import Act
from journal.store import Journal
from journal.switches import last_carried
from journal.timeline_words import still_on
from runbook.mitigation import Changing
from sandbox.database import Address, as_admin
from sandbox.drills.drill import Drill, Outcome, Person, judged
from sandbox.errors import SandboxError
from sandbox.health import FRESH
from sandbox.rehearsal import Rehearsing, wait
from sandbox.turns import turn_seconds
from sandbox.world import Facts, World


def carry_out(drill: Drill, rehearsal: Rehearsing) -> Outcome:
    """Break, alert, answer, look at the world, heal. What does not happen in time is a fault like any other."""
    try:
        return _carried_out(drill, rehearsal)
    except (TimeoutError, SandboxError) as fault:
        return late(drill, fault)


def late(drill: Drill, fault: Exception) -> Outcome:
    """Of a drill in which something did not happen in time."""
    return Outcome(drill=drill, incident="", ending=None, top=None, applied=(), healthy=False, faults=(str(fault),))


def _carried_out(drill: Drill, rehearsal: Rehearsing) -> Outcome:
    world = rehearsal.world
    rehearsal.begin(drill.runbook, drill.fault, drill.bounds, own_time=drill.own_time)
    let_cool_down(drill, rehearsal.journal, rehearsal.pace, rehearsal.rest)
    if drill.fault is not None:
        world.break_(drill.fault, **drill.bounds)
        if drill.ripens:
            wait(lambda: ripe(world.facts), within=120, what="the sessions of the fault to grow old", every=0.5)
        rehearsal.let_pass(drill.there_for)
    rehearsal.last()
    try:
        before = Before(sessions=session_starts(world.facts.database), written=len(world.written()))
        incident = rehearsal.alert(drill.alert, environment=drill.environment, labels=drill.labels)
        answer_all(
            rehearsal,
            incident,
            approve=drill.approve,
            person=drill.person,
            after=drill.answered_after,
            meanwhile=drill.meanwhile,
        )
        closed = rehearsal.closed(incident)
        off = lambda: not still_on(rehearsal.journal.entries(incident)) or None  # noqa: E731 # the next line reads it
        wait(off, within=60, what="what was turned on only to look to be off again")
        if drill.looked_at_after:
            rehearsal.let_pass(drill.looked_at_after)
            rehearsal.again(incident)
            rehearsal.let_pass(SEEN_AGAIN)
        outcome = _judge(drill, rehearsal, incident, closed, before)
        refuse_what_was_handed_over(rehearsal, incident)
        return outcome
    finally:
        world.heal()


@dataclass(frozen=True, kw_only=True)
class Before:
    """The world before the alert: what a false alarm must leave as it is."""

    sessions: frozenset[tuple[int, datetime]]
    written: int


def session_starts(address: Address) -> frozenset[tuple[int, datetime]]:
    """Every session of the application, by pid and start: what a change may end, and a false alarm may not.

    The world's own visitors are left out: they come for a moment, to see whether they are let in.
    """
    with as_admin(address) as connection:
        rows = connection.execute(
            "select pid, backend_start from pg_stat_activity where usename = %s and application_name <> %s",
            (address.roles.application, FRESH),
        ).fetchall()
    return frozenset((row[0], row[1]) for row in rows)


def let_cool_down(drill: Drill, journal: Journal, pace: float, rest: Callable[[float], None]) -> None:
    """Return when the guardrails allow what is expected: the same change, by whatever step, was long enough ago.

    Called before anything is broken, and `rest` lets the time go by: a fault's clients would keep a processor busy.
    """
    for step, change in _changes(drill.runbook):
        if step.name not in drill.applied:
            continue
        now, cooldown = journal.clock(), step.guardrail.cooldown * pace
        last = last_carried(journal, change, drill.environment, now - cooldown)
        if last is not None:
            rest((last.at + cooldown - now + A_LITTLE).total_seconds())


A_LITTLE = timedelta(milliseconds=50)
"""What goes by beyond a cooldown, so that it is over by every reckoning."""


@cache
def _changes(runbook: str) -> tuple[tuple[Changing[Any, Any], str], ...]:
    """The mitigations and examinations of a runbook, each with the name of its change."""
    (one,) = (one for one in listed() if one.runbook == runbook)
    return tuple((step, change.name) for step, change in changes_of(one))


RIPE = 4.0
"""Seconds: more than what counts as long in practice."""


def ripe(facts: Facts) -> bool | None:
    """Whether nearly all sessions but the service's own are as old as an incident's are when somebody is paged."""
    with as_admin(facts.database) as connection:
        row = connection.execute(
            "select count(*) filter (where state_change < now() - make_interval(secs => %s)) >= 0.9 * count(*)"
            " from pg_stat_activity where usename = %s and application_name not in (%s, %s)",
            (RIPE, facts.database.roles.application, facts.service, FRESH),
        ).fetchone()
    return bool(row and row[0]) or None


SEEN_AGAIN = timedelta(minutes=5)
"""How long users need to notice what the last pass has changed."""


def answer_all(
    rehearsal: Rehearsing,
    incident: str,
    *,
    approve: bool,
    person: Person | None,
    after: timedelta = timedelta(0),
    meanwhile: Person | None = None,
) -> None:
    """Answer requests by `approve`, `after` a while, and let a `person` do tasks; without one they are refused.

    While it is waited for what ends by itself, `meanwhile` happens; while it is waited for another incident, what that
    asks is answered alike.
    """

    def happen(begun: WaitBegun) -> None:
        if begun.handed_to:
            answer_what_was_handed_over(rehearsal, incident, approve=approve, person=person)
        elif meanwhile is not None:
            meanwhile(rehearsal.world)

    while (standing := rehearsal.asked(incident, meanwhile=happen)) is not None:
        rehearsal.let_pass(after)
        if isinstance(standing.request, TaskGiven):
            if person is not None:
                person(rehearsal.world)
            rehearsal.answer(standing, yes=person is not None)
        else:
            # Where two must agree, the second is somebody else.
            rehearsal.answer(standing, yes=approve, by="drill" if not standing.by else "drill's colleague")


def refuse_what_was_handed_over(rehearsal: Rehearsing, incident: str) -> None:
    """Nothing stays open after a drill: the same alert would join it."""
    answer_what_was_handed_over(rehearsal, incident, approve=False, person=None)


def answer_what_was_handed_over(rehearsal: Rehearsing, incident: str, *, approve: bool, person: Person | None) -> None:
    """Carry to their ends the incidents that it was handed to. What ends in vain is handed on."""
    seen = set[str]()
    while fresh := [run for run in _started(rehearsal.journal, incident) if run not in seen]:
        for run in fresh:
            seen.add(run)
            other = wait(lambda run=run: rehearsal.journal.incident_of(run), within=120, what="its incident")
            answer_all(rehearsal, other, approve=approve, person=person)
            answer_what_was_handed_over(rehearsal, other, approve=approve, person=person)


def _started(journal: Journal, incident: str) -> list[str]:
    """The runs that an incident was handed to."""
    return [entry.fact.flow_run for entry in journal.entries(incident) if isinstance(entry.fact, HandedOff)]


def done_there(journal: Journal, incident: str) -> tuple[str, ...]:
    """What was carried out by the incidents that it was handed to and came back from."""
    handed = [e.fact for e in journal.entries(incident) if isinstance(e.fact, HandedOff) and e.fact.returns]
    others = [other for fact in handed if (other := journal.incident_of(fact.flow_run)) is not None]
    carried = [e.fact for other in others for e in journal.entries(other) if isinstance(e.fact, Carried)]
    return tuple(fact.mitigation for fact in carried if fact.ok and fact.act is Act.APPLY)


RELIEF = 8
"""Turns in which what users told the world before the fix goes out of its view."""


def _suffering(drill: Drill, world: World) -> tuple[str, ...]:
    """What users complain about; where all should be well, the last complaints are given time to be over."""
    deadline = clock.monotonic() + (RELIEF * turn_seconds() if drill.healthy else 0.0)
    while (told := world.suffers()) and clock.monotonic() < deadline:
        clock.sleep(turn_seconds() / 2)
    return told


def _judge(drill: Drill, rehearsal: Rehearsing, incident: str, closed: Closed, before: Before) -> Outcome:
    suffering = _suffering(drill, rehearsal.world)
    ended = before.sessions - session_starts(rehearsal.world.facts.database)
    written = rehearsal.world.written()[before.written :]
    there = done_there(rehearsal.journal, incident)
    changed = bool(drill.applied or drill.there)
    return judged(
        drill,
        rehearsal.journal,
        incident,
        closed,
        suffering=suffering,
        further={
            f"applied {there} where it was handed over, not {drill.there}": there == drill.there,
            f"AWS was changed although nothing was to be: {', '.join(written)}": changed or not written,
            f"{len(ended)} sessions of others ended although nothing was to be changed": changed
            or drill.person is not None
            or not ended,
        },
    )
