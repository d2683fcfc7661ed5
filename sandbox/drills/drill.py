"""The vocabulary of drills, and how one is carried out. Truth is read from the world, never from the engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from deployments.deployed import listed
from deployments.permissions import changes_of
from journal import clock
from journal.facts.closed import Closed, HandedOff
from journal.facts.decided import Requested, TaskGiven
from journal.facts.done import Carried
from journal.facts.seen import Judged, Verdict
from journal.facts.words import Act, Ending, Standing
from journal.switches import last_carried
from runbook import Mitigation
from sandbox.database import Address, as_admin
from sandbox.drills.calibration import Blamed
from sandbox.errors import SandboxError
from sandbox.health import FRESH
from sandbox.rehearsal import Rehearsing, wait
from sandbox.selftest.settings import SEEING
from sandbox.systems.rung.world import World
from sandbox.turns import turn_seconds

Person = Callable[[Any], None]
"""What a person does in the world, which may be a system's own, when they are given a manual task."""


@dataclass(frozen=True, kw_only=True)
class Drill:
    """One rehearsed incident.

    `fault` is broken into the world first (nothing for a false alarm) with `bounds`. When it `ripens`, its sessions are
    given time to grow as old as they are when somebody is paged. Then `alert` is posted with `labels`, requests are
    answered with `approve`, and tasks are done by `person`. Afterwards the incident must have ended as `ending`, with
    `top` as the most likely cause, exactly the mitigations `applied` carried out, and nobody suffering or somebody as
    `healthy` says. A `decoy` shows the symptom of one cause while another is at work. Besides `top`, nobody may be
    supported, at first or later, but the causes that are `also` at work; what is `unnamed` has a cause that the page
    does not name.
    """

    name: str
    runbook: str
    alert: str
    ending: Ending
    top: str | None
    applied: tuple[str, ...]
    healthy: bool
    fault: str | None = None
    bounds: Mapping[str, Any] = field(default_factory=dict[str, Any])
    environment: str = SEEING
    ripens: bool = False
    approve: bool = True
    person: Person | None = None
    labels: Mapping[str, str] = field(default_factory=dict[str, str])
    decoy: bool = False
    also: tuple[str, ...] = ()
    unnamed: bool = False


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a drill showed. `faults` are the expectations not met, in words; `blamed`, whoever was supported."""

    drill: Drill
    incident: str
    ending: Ending | None
    top: Verdict | None
    applied: tuple[str, ...]
    healthy: bool
    faults: tuple[str, ...]
    blamed: tuple[Blamed, ...] = ()

    @property
    def found(self) -> bool:
        """Whether the right cause came first (top-1); for a drill without one, whether none did."""
        return (self.top.hypothesis if self.top else None) == self.drill.top


def carry_out(drill: Drill, rehearsal: Rehearsing) -> Outcome:
    """Break, alert, answer, look at the world, heal. What does not happen in time is a fault like any other."""
    try:
        return _carried_out(drill, rehearsal)
    except (TimeoutError, SandboxError) as late:
        return Outcome(drill=drill, incident="", ending=None, top=None, applied=(), healthy=False, faults=(str(late),))


def _carried_out(drill: Drill, rehearsal: Rehearsing) -> Outcome:
    world = rehearsal.world
    rehearsal.begin(drill.runbook, drill.fault, drill.bounds)
    if drill.fault is not None:
        world.break_(drill.fault, **drill.bounds)
        if drill.ripens:
            wait(lambda: ripe(world.facts.database), within=30, what="the sessions of the fault to grow old")
    rehearsal.last()
    wait(lambda: _may_be_changed(drill, rehearsal), within=60, what="cooldowns of the drills before to be over")
    try:
        before = Before(sessions=session_starts(world.facts.database), written=len(world.written()))
        incident = rehearsal.alert(drill.alert, environment=drill.environment, labels=drill.labels)
        answer_all(rehearsal, incident, approve=drill.approve, person=drill.person)
        closed = rehearsal.closed(incident)
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
            "select pid, backend_start from pg_stat_activity where usename = 'rung_app' and application_name <> %s",
            (FRESH,),
        ).fetchall()
    return frozenset((row[0], row[1]) for row in rows)


def _may_be_changed(drill: Drill, rehearsal: Rehearsing) -> bool | None:
    """Whether the guardrails allow what is expected: the same change, by whatever step, was long enough ago."""
    journal = rehearsal.journal
    now = journal.clock()
    for step, change in _changes(drill.runbook):
        since = now - step.guardrail.cooldown * rehearsal.pace
        if step.name in drill.applied and last_carried(journal, change, drill.environment, since) is not None:
            return None
    return True


@cache
def _changes(runbook: str) -> tuple[tuple[Mitigation[Any, Any], str], ...]:
    """The mitigations of a runbook, each with the name of its change."""
    (one,) = (one for one in listed() if one.runbook == runbook)
    return tuple((step, change.name) for step, change in changes_of(one))


RIPE = 4.0
"""Seconds: more than what counts as long in practice."""


def ripe(address: Address) -> bool | None:
    """Whether most sessions are as old as those of an incident are by the time somebody is paged."""
    with as_admin(address) as connection:
        row = connection.execute(
            "select count(*) filter (where state_change < now() - make_interval(secs => %s)) * 2 >= count(*)"
            " from pg_stat_activity where usename = 'rung_app'",
            (RIPE,),
        ).fetchone()
    return bool(row and row[0]) or None


def answer_all(rehearsal: Rehearsing, incident: str, *, approve: bool, person: Person | None) -> None:
    """Answer requests by `approve`, and let tasks be done by a `person`; without one they are refused."""
    while (standing := rehearsal.asked(incident)) is not None:
        if isinstance(standing.request, TaskGiven):
            if person is not None:
                person(rehearsal.world)
            rehearsal.answer(standing, yes=person is not None)
        else:
            # Where two must agree, the second is somebody else.
            rehearsal.answer(standing, yes=approve, by="drill" if not standing.by else "drill's colleague")


def refuse_what_was_handed_over(rehearsal: Rehearsing, incident: str) -> None:
    """Nothing stays open after a drill: the same alert would join it."""
    for entry in rehearsal.journal.entries(incident):
        if isinstance(fact := entry.fact, HandedOff):
            other = wait(lambda run=fact.flow_run: rehearsal.journal.incident_of(run), within=30, what="its incident")
            while (standing := rehearsal.asked(other)) is not None:
                rehearsal.answer(standing, yes=False)


RELIEF = 8
"""Turns in which what users told the world before the fix goes out of its view."""


def _suffering(drill: Drill, world: World) -> tuple[str, ...]:
    """What users complain about; where all should be well, the last complaints are given time to be over."""
    deadline = clock.monotonic() + (RELIEF * turn_seconds() if drill.healthy else 0.0)
    while (told := world.suffers()) and clock.monotonic() < deadline:
        clock.sleep(0.2)
    return told


def _judge(drill: Drill, rehearsal: Rehearsing, incident: str, closed: Closed, before: Before) -> Outcome:
    facts = [entry.fact for entry in rehearsal.journal.entries(incident)]
    rankings = [fact.ranking for fact in facts if isinstance(fact, Judged)]
    ranking = rankings[0] if rankings else ()
    done = tuple(fact.mitigation for fact in facts if isinstance(fact, Carried) and fact.ok and fact.act is Act.APPLY)
    suffering = _suffering(drill, rehearsal.world)
    ended = before.sessions - session_starts(rehearsal.world.facts.database)
    written = rehearsal.world.written()[before.written :]
    top = next((verdict for verdict in ranking if verdict.standing is Standing.SUPPORTED), None)
    guilty = {drill.top, *drill.also}
    blamed = {
        verdict.hypothesis
        for found in rankings
        for verdict in found
        if verdict.standing is Standing.SUPPORTED and verdict.hypothesis not in guilty
    }
    expectations = {
        f"ended {closed.ending}, not {drill.ending} ({closed.text})": closed.ending is drill.ending,
        f"top cause {top.hypothesis if top else None}, not {drill.top}": (top.hypothesis if top else None) == drill.top,
        f"blamed, and not at work: {', '.join(sorted(blamed))}": not blamed,
        f"applied {done}, not {drill.applied} ({closed.text})": done == drill.applied,
        f"users suffer: {', '.join(suffering) or 'nobody'}": (not suffering) is drill.healthy,
        f"AWS was changed although nothing was to be: {', '.join(written)}": bool(drill.applied) or not written,
        f"{len(ended)} sessions of others ended although nothing was to be changed": bool(drill.applied)
        or drill.person is not None
        or not ended,
        "a task was given although nobody was to do one": drill.person is not None
        or not any(isinstance(fact, TaskGiven) for fact in facts),
        "an approval was asked for although nothing was to be changed": bool(drill.applied)
        or not drill.approve
        or not any(isinstance(fact, Requested) for fact in facts),
    }
    return Outcome(
        drill=drill,
        incident=incident,
        ending=closed.ending,
        top=top,
        applied=done,
        healthy=not suffering,
        blamed=tuple(
            Blamed(score=verdict.score, right=verdict.hypothesis in guilty)
            for found in rankings
            for verdict in found
            if verdict.standing is Standing.SUPPORTED
        ),
        faults=tuple(words for words, met in expectations.items() if not met),
    )
