"""Replay of what the golden incidents recorded: the same verdicts to the letter, and what one threshold changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from blocks.environment import Environment
from deployments.permissions import Anything
from journal.chain import Entry, canonical
from journal.facts.seen import Finding, Judged, Past, SymptomAsked
from journal.facts.words import Answer
from journal.store import Journal
from runbook import Context, Facts, Runbook
from tasks.replay import AS_IF, replay
from tasks.replayed import NOTHING, Replay
from tests.golden.runbook import HONEST_LOAD, IDLE_LEAK, RUNBOOK, Params, Sessions, sessions
from tests.golden.stories import STORIES
from tests.golden.teller import Clock, Teller

Told = dict[str, tuple[Entry, ...]]
Book = Runbook[Environment, Params]


HERE: Context[Environment, Params] = Context(env=Anything(), params=Params(environment="rung-prod"))


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """The entries of each story, as the journal gives them back."""
    clock = Clock()
    with Journal.connect(f"sqlite:///{tmp_path_factory.mktemp('told')}/journal.db", clock=clock) as journal:
        found: Told = {}
        for name, tell in STORIES.items():
            teller = Teller(journal, clock)
            tell(teller)
            found[name] = journal.entries(teller.incident)
        yield found


def again(entries: Sequence[Entry], book: Book = RUNBOOK) -> Replay:
    return replay(book, HERE, entries, Past())


def changed(told: Told, book: Book) -> set[str]:
    return {name for name, entries in told.items() if again(entries, book).differs}


def leak_from(share: float) -> Book:
    """The same runbook, but for one threshold: from which share of the slots on idle sessions are a leak."""
    sentence = sessions.shows(
        f"long-idle sessions hold at least {share:.0%} of the slots", lambda r: r.idle / r.usable >= share
    )
    return with_cause(IDLE_LEAK.name, supported_by=(sentence,))


def with_cause(name: str, **other: object) -> Book:
    """The same, with one cause declared otherwise."""
    mended = {one.name: replace(one, **other) if one.name == name else one for one in RUNBOOK.hypotheses}
    steps = tuple(replace(step, treats=mended[step.treats.name]) for step in RUNBOOK.mitigations)
    return replace(RUNBOOK, hypotheses=tuple(mended.values()), mitigations=steps)


@pytest.mark.parametrize("name", STORIES)
def test_every_golden_incident_gives_its_verdicts_again_to_the_letter(told: Told, name: str) -> None:
    found = again(told[name])
    recorded = [entry.fact for entry in told[name] if isinstance(entry.fact, Judged)]
    anew = [Judged(ranking=one.now) for one in found.judgements]
    assert len(anew) == 1
    assert [as_bytes(one) for one in anew] == [as_bytes(one) for one in recorded]
    asked = [entry.fact for entry in told[name] if isinstance(entry.fact, SymptomAsked)]
    assert [as_bytes(SymptomAsked(phase=one.phase, finding=one.now)) for one in found.symptoms] == [
        as_bytes(one) for one in asked
    ]
    assert (found.same, found.differs, found.unknown) == (True, False, ())


def as_bytes(fact: Judged | SymptomAsked) -> bytes:
    return canonical(fact.model_dump(mode="json")).encode()


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("resolved", "end_idle_sessions"),
        ("rejected", "end_idle_sessions"),
        ("undone", "raise_limit"),
        ("unresolved", "end_idle_sessions"),
    ],
)
def test_what_was_planned_first_would_be_again(told: Told, name: str, first: str) -> None:
    [one] = again(told[name]).judgements
    assert (one.first_before, one.first_now) == (first, first)


@pytest.mark.parametrize(
    ("share", "names"),
    [
        (1 / 3, set()),
        (0.72, set()),  # 142 of 197 is a little more
        (0.73, {"resolved", "rejected", "unresolved"}),
        (0.02, {"undone"}),  # six idle sessions are enough now, though they are too few as well
    ],
)
def test_one_changed_threshold_changes_exactly_these_incidents(told: Told, share: float, names: set[str]) -> None:
    assert changed(told, leak_from(share)) == names


def test_a_threshold_of_another_cause_changes_only_where_that_cause_was_contested(told: Told) -> None:
    fresh = sessions.shows(
        "one session in three began or ended something just now", lambda r: r.fresh / r.total >= 1 / 3
    )
    book = with_cause(HONEST_LOAD.name, supported_by=(fresh,))
    assert changed(told, book) == {"unresolved"}
    changes = list(again(told["unresolved"], book).changes())
    assert "honest_load (gather): contested 4.0% → refuted 0.6%" in changes
    assert not any("planned first" in line for line in changes)


def test_it_says_what_would_have_become_of_the_leak(told: Told) -> None:
    found = again(told["resolved"], leak_from(0.9))
    assert next(found.changes()) == "planned first (gather): end_idle_sessions → nothing"
    assert "idle_leak (gather): supported 98.1% → undecided 72.0%" in list(found.changes())
    assert "other (gather): possible 0.9% → 13.4%" in list(found.changes()), "a standing that stays is said once"
    assert (found.likely_before, found.likely_now) == ("idle_leak", None)


def test_what_only_reads_otherwise_is_no_difference(told: Told) -> None:
    found = again(told["undone"], leak_from(0.5))
    assert (found.differs, found.same) == (False, False)


def test_the_past_is_that_of_then(told: Told) -> None:
    """In seven incidents it had been a leak five times: the verdicts hold it, whatever was confirmed since."""
    later = Past(of=50, confirmed={"honest_load": 50})
    found = replay(RUNBOOK, HERE, told["resolved"], later)
    assert found.same
    assert found.judgements[0].now[0].history == found.judgements[0].before[0].history is not None


class Narrow(Facts):
    """What another version of the probe read."""

    sleeping: int


def test_a_reading_that_no_longer_fits_its_type_is_unknown_and_is_said(told: Told) -> None:
    narrow = replace(sessions, reads=Narrow)
    mended = {
        cause.name: replace(
            cause,
            supported_by=tuple(replace(one, probe=narrow) for one in cause.supported_by),
            refuted_by=tuple(replace(one, probe=narrow) for one in cause.refuted_by),
        )
        for cause in (IDLE_LEAK, HONEST_LOAD)
    }
    steps = tuple(replace(step, treats=mended[step.treats.name]) for step in RUNBOOK.mitigations)
    book = replace(
        RUNBOOK, hypotheses=tuple(mended.get(one.name, one) for one in RUNBOOK.hypotheses), mitigations=steps
    )
    found = again(told["resolved"], book)
    assert found.unknown == (
        "What sessions saw (gather) cannot be judged: it was recorded by another version of the runbook.",
    )
    leak = next(one for one in found.judgements[0].now if one.hypothesis == "idle_leak")
    assert [one.answer for one in (*leak.speaks_for, *leak.speaks_against)] == [Answer.UNKNOWN, Answer.UNKNOWN]
    assert found.differs


def test_a_probe_that_was_not_there_then_is_unknown_and_is_said(told: Told) -> None:
    newer = replace(sessions, name="sessions_by_user")
    sentence = newer.shows("one user has most of them", lambda r: isinstance(r, Sessions) and r.idle > 0)
    found = again(told["resolved"], with_cause(IDLE_LEAK.name, refuted_by=(*IDLE_LEAK.refuted_by, sentence)))
    assert "Nobody asked sessions_by_user then (gather)." in found.unknown
    leak = next(one for one in found.judgements[0].now if one.hypothesis == "idle_leak")
    asked: Finding = leak.speaks_against[-1]
    assert (asked.answer, asked.observed) == (Answer.UNKNOWN, "not asked")


def test_a_symptom_that_would_not_have_shown_is_a_difference_and_the_rest_is_judged_all_the_same(told: Told) -> None:
    stricter = RUNBOOK.symptom.probe.shows("all slots are taken", lambda r: getattr(r, "taken", 0) >= 197)
    found = again(told["rejected"], replace(RUNBOOK, symptom=stricter))
    assert [line for line in found.changes() if line.startswith("symptom")] == [
        "symptom (gather): yes → no",
        "symptom (after:end_idle_sessions): yes → no",
    ]
    assert found.unknown == (AS_IF,)
    assert found.judgements[0].now == found.judgements[0].before


def test_a_treatment_that_cannot_be_made_without_its_environment_is_unknown(told: Told) -> None:
    def asks(c: Context[Environment, Params]) -> object:
        raise LookupError(f"{c.params.environment} is not reachable")

    steps = tuple(
        replace(step, change=asks) if step.name == "end_idle_sessions" else step for step in RUNBOOK.mitigations
    )
    found = again(told["resolved"], replace(RUNBOOK, mitigations=steps))
    assert found.judgements[0].first_now is None
    assert "(LookupError: rung-prod is not reachable)" in found.unknown[0]
    assert not found.differs, "nobody can tell is no difference"


def test_nothing_is_offered_is_told_apart_from_nobody_knows(told: Told) -> None:
    """The journal of an incident under way does not say yet what its ranking leads to."""
    begun = [entry for entry in told["resolved"] if entry.number <= next_judged(told["resolved"])]
    assert again(begun).judgements[0].first_before is None
    assert again(told["resolved"], leak_from(0.9)).judgements[0].first_now == NOTHING


def next_judged(entries: Sequence[Entry]) -> int:
    return next(entry.number for entry in entries if isinstance(entry.fact, Judged))
