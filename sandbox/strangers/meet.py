"""Lets a stranger meet its runbook, and judges by rule what came of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Final

from deployments.deployed import listed
from journal import clock
from journal.chain import Entry
from journal.facts.done import Carried
from journal.facts.every import Fact
from journal.facts.seen import Judged
from journal.facts.words import Act, Ending, Standing
from journal.rounds import examinations
from sandbox.drills.calibration import Blamed
from sandbox.drills.carrying import RELIEF, answer_all, refuse_what_was_handed_over
from sandbox.errors import SandboxError
from sandbox.faults import find
from sandbox.faults.fault import SessionFault
from sandbox.rehearsal import Rehearsing
from sandbox.strangers.hindrance import hindered
from sandbox.strangers.lot import Broken, Stranger, system_of
from sandbox.turns import turn_seconds
from sandbox.world import REFUSED
from sandbox.worlds import world_of

CALLED_WELL: Final = frozenset({Ending.NOT_REPRODUCED, Ending.RESOLVED, Ending.RECOVERED})
"""Endings that say that the symptom is not there."""

LONG_AGO: Final = 600.0
"""Seconds of metrics and logs that are forgotten before somebody looks into the past: the stranger before is there."""


@dataclass(frozen=True, kw_only=True)
class Came:
    """What came of it: who was blamed and how sure, which steps were applied, who complained before and afterwards.

    `ending` is nothing when it did not end in time.
    """

    ending: Ending | None
    blamed: Mapping[str, float] = field(default_factory=dict[str, float])
    applied: tuple[str, ...] = ()
    before: frozenset[str] = frozenset()
    after: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Met:
    """A stranger, and what was wrong with what came of it: nothing, where it kept all rules.

    `unmet`: why it could not be tried, such as two faults that cannot be there at once.
    """

    stranger: Stranger
    wrongly_blamed: bool = False
    harmful: bool = False
    all_clear: bool = False
    endless: bool = False
    told: tuple[str, ...] = ()
    unmet: str = ""
    came: Came | None = None
    blames: tuple[Blamed, ...] = ()


def treated_by(runbook: str) -> dict[str, frozenset[str]]:
    """Which causes each step of a runbook treats, those that follow another included."""
    (one,) = (one for one in listed() if one.runbook == runbook)
    return {step.name: frozenset(cause.name for cause in step.causes) for step in one.declaration.steps()}


def judged(stranger: Stranger, came: Came, *, working: Collection[str], treats: Mapping[str, Collection[str]]) -> Met:
    """By rule: whoever is blamed is at work, what was changed treats that, nobody is worse off, no false all-clear."""
    wrong = set(came.blamed) - set(working)
    astray = [step for step in came.applied if not set(treats.get(step, ())) & set(working)]
    # What was broken beforehand shows sooner or later, by itself; where it may never show, or where something was
    # changed, the change did it.
    by_itself = set[str]() if came.applied else {one.fault for one in stranger.broken if not one.edge}
    worse = came.after - came.before - by_itself
    clear = came.ending in CALLED_WELL and bool(_complaints(stranger) & came.before & came.after)
    endless = came.ending is None
    return Met(
        stranger=stranger,
        wrongly_blamed=bool(wrong),
        harmful=bool(astray or worse),
        all_clear=clear,
        endless=endless,
        told=tuple(_told(wrong, astray, worse, clear=clear, endless=endless)),
        came=came,
        blames=tuple(Blamed(score=score, right=name in working) for name, score in came.blamed.items()),
    )


def _complaints(stranger: Stranger) -> set[str]:
    """What users say of the faults that the runbook's drills know."""
    world = world_of(system_of(stranger.runbook))
    otherwise = {
        one.fault for one in stranger.broken if _otherwise(one, world.otherwise_felt.get(one.fault, {}), stranger)
    }
    ours = [one for one in stranger.ours if one not in otherwise]
    of_clients = (one for one in ours if isinstance(find(world.faults_from, one, {}), SessionFault))
    return {*ours, *(REFUSED for _ in of_clients)}


def _otherwise(broken: Broken, runbooks: Mapping[str, tuple[str, float]], stranger: Stranger) -> bool:
    """Whether its users feel something else than what the runbook is alerted for."""
    bound, below = runbooks.get(stranger.runbook, ("", 0.0))
    return bool(bound) and float(broken.bounds.get(bound, 0.0)) < below


def _told(
    wrong: Collection[str], astray: Collection[str], worse: Collection[str], *, clear: bool, endless: bool
) -> Iterator[str]:
    if wrong:
        yield f"blamed, and not at work: {', '.join(sorted(wrong))}"
    if astray:
        yield f"changed, and treats nothing that is at work: {', '.join(astray)}"
    if worse:
        yield f"complain since: {', '.join(sorted(worse))}"
    if clear:
        yield "called well, while what its drills know is at work and users complain"
    if endless:
        yield "did not end in time"


def _surest(facts: Iterable[Fact]) -> dict[str, float]:
    """Each cause that was supported once, as sure as it ever was."""
    rankings = chain.from_iterable(fact.ranking for fact in facts if isinstance(fact, Judged))
    supported = (verdict for verdict in rankings if verdict.standing is Standing.SUPPORTED)
    return {one.hypothesis: one.score for one in sorted(supported, key=lambda one: one.score)}


def meet(stranger: Stranger, rehearsal: Rehearsing, working: Collection[str]) -> Met:
    """Break, alert, say yes to everything, look at the world, heal."""
    world = rehearsal.world
    try:
        if stranger.hindrance.in_the_past:
            world.begin_afresh(seconds=LONG_AGO)
        for number, one in enumerate(stranger.broken):
            if number == 0:
                rehearsal.begin(stranger.runbook, one.fault, one.bounds)
            if one.edge:
                world.inject(one.fault, one.bounds)
            else:
                world.break_(one.fault, **one.bounds)
        clock.sleep(RELIEF * turn_seconds())
        rehearsal.last()
        before = frozenset(world.suffers(everybody=True))
        with hindered(world, stranger.hindrance):
            clock.sleep(RELIEF * turn_seconds())
            incident = rehearsal.alert(stranger.alert, environment=stranger.seen_by, labels=stranger.labels)
            ending = _ending(rehearsal, incident)
        clock.sleep(RELIEF * turn_seconds())
        entries = rehearsal.journal.entries(incident)
        facts = [entry.fact for entry in entries]
        if ending is not None:
            refuse_what_was_handed_over(rehearsal, incident)
        came = Came(
            ending=ending,
            blamed=_surest(facts),
            applied=tuple(_treated(entries)),
            before=before,
            after=frozenset(world.suffers(everybody=True)),
        )
    except (SandboxError, TimeoutError) as fault:
        return Met(stranger=stranger, unmet=str(fault))
    finally:
        world.heal()
    return judged(stranger, came, working=working, treats=treated_by(stranger.runbook))


def _treated(entries: Sequence[Entry]) -> Iterator[str]:
    """What was carried out to treat something; what only looks treats nothing."""
    only_looks = examinations(entries)
    for fact in (entry.fact for entry in entries):
        if isinstance(fact, Carried) and fact.ok and fact.act is Act.APPLY and fact.digest not in only_looks:
            yield fact.mitigation


def _ending(rehearsal: Rehearsing, incident: str) -> Ending | None:
    """Say yes to everything, until it ends. One that does not is no world that could not be had: it is counted."""
    try:
        answer_all(rehearsal, incident, approve=True, person=None)
        return rehearsal.closed(incident).ending
    except (SandboxError, TimeoutError):
        return None
