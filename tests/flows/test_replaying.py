"""Incidents that the pipeline carried, judged anew: to the letter by the same runbook, and what another one changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from deployments import replaying
from deployments.declarations import Declaration
from journal.confirming import confirm
from journal.facts.seen import Judged, SymptomAsked
from journal.facts.words import Ending
from runbook import Runbook
from tasks.hypothesize import LEARNING
from tasks.replayed import NOTHING, Replay
from tests.flows.small import FAILING, Params, Rehearsed, World, failing, hand, mend, runbook, small

BOTH = runbook(mend("bucket"), mend("role"))
PLAIN = runbook(mend("role"), name="small.role")


def again(here: Rehearsed, incident: str, book: Runbook[Any, Any]) -> Replay:
    return replaying.again(here.journal, here.journal.entries(incident), Declaration(runbook=book, form=Params))


def symptom_from(book: Runbook[Any, Any], percent: float) -> Runbook[Any, Any]:
    return replace(book, symptom=failing.shows(f"more than {percent:g}% fail", lambda r: r.percent > percent))


def uncovers(world: World) -> None:
    world.strengths |= {"bucket": 0.0, "role": 90.0}


def shows_late(here: Rehearsed) -> str:
    here.world.in_(30.0, "bucket", 60.0)
    return here.follow(BOTH)[0]


CARRIED: Mapping[str, tuple[dict[str, Any], Callable[[Rehearsed], str]]] = {
    "two causes at once": ({"strengths": {"bucket": 50.0, "role": 50.0}}, lambda here: here.follow(BOTH)[0]),
    "one hides the other": (
        {"strengths": {"bucket": 95.0, "role": 0.0}, "cures": {"bucket": uncovers}},
        lambda here: here.follow(BOTH)[0],
    ),
    "shows only later": ({}, shows_late),
    "somebody says no": ({"strengths": {"role": 50.0}}, lambda here: here.follow(BOTH, yes=False)[0]),
    "cannot be looked at": (
        {"strengths": {"role": 50.0}, "blind": {"bucket": (1e9, ValueError("ada@example.com may not look"))}},
        lambda here: here.follow(BOTH)[0],
    ),
    "a round in vain": (
        {"strengths": {"bucket": 50.0, "role": 30.0}, "cures": {"bucket": lambda _world: None}},
        lambda here: here.follow(BOTH)[0],
    ),
    "put aside": ({"strengths": {"role": 3.0}}, lambda here: here.follow(BOTH)[0]),
}


@pytest.mark.parametrize("name", CARRIED)
def test_the_same_runbook_gives_every_verdict_and_every_answer_again(tmp_path: Path, name: str) -> None:
    world, carry = CARRIED[name]
    with small(tmp_path, **world) as here:
        incident = carry(here)
        judged, asked = here.facts(incident, Judged), here.facts(incident, SymptomAsked)
        found = again(here, incident, BOTH)
    assert [Judged(ranking=one.now, after=over).model_dump_json() for over, one in enumerate(found.judgements)] == [
        fact.model_dump_json() for fact in judged
    ]
    assert [(one.phase, one.now.model_dump_json()) for one in found.symptoms] == [
        (fact.phase, fact.finding.model_dump_json()) for fact in asked
    ]
    assert (found.same, found.unknown, list(found.changes())) == (True, (), [])
    assert all(one.first_before == one.first_now for one in found.judgements)


def test_each_round_of_judging_is_replayed_with_what_had_been_tried(tmp_path: Path) -> None:
    with small(tmp_path, strengths={"bucket": 50.0, "role": 50.0}) as here:
        found = again(here, here.follow(BOTH)[0], BOTH)
    assert [(one.phase, one.first_before, one.first_now) for one in found.judgements] == [
        ("gather", "mend_bucket", "mend_bucket"),
        ("after:mend_bucket", "mend_role", "mend_role"),
    ]


def test_an_incident_that_was_put_aside_would_be_judged_by_a_lower_limit(tmp_path: Path) -> None:
    with small(tmp_path, strengths={"role": 3.0}) as here:
        incident, closed = here.follow(BOTH)
        found = again(here, incident, symptom_from(BOTH, 2))
    assert closed.ending is Ending.NOT_REPRODUCED
    assert found.differs
    [one] = found.judgements
    assert (one.before, one.first_before, one.first_now) == ((), NOTHING, "mend_role")
    assert (found.likely_before, found.likely_now) == (None, "role")
    assert "symptom (gather): no → yes" in list(found.changes())


def test_a_treatment_that_nobody_declared_then_would_come_first(tmp_path: Path) -> None:
    with small(tmp_path, strengths={"role": 50.0}) as here:
        incident, _ = here.follow(PLAIN, yes=False)
        step = PLAIN.mitigations[0]
        book = replace(PLAIN, mitigations=(replace(step, name="mend_it_well"), step))
        found = again(here, incident, book)
    assert list(found.changes()) == ["planned first (gather): mend_role → mend_it_well"]


def test_a_hand_off_that_was_in_vain_is_not_offered_again(tmp_path: Path) -> None:
    near = failing.shows("more than 1% of the requests fail, as the neighbour sees it", lambda r: r.percent > 1)
    neighbour = runbook(mend("nothing"), name="small.neighbour", symptom=near, title="The neighbour")
    book = runbook(hand("storage", neighbour), mend("role"), name="small.sender", title="The sender")
    with small(tmp_path, strengths={"storage": 40.0, "role": 40.0}) as here:
        here.follow(book, neighbour, book)
        ours = [one for one in here.journal.incidents() if one.runbook == book.name]
        found = [again(here, one.id, book) for one in ours]
    assert sorted(one.judgements[0].first_now or "" for one in found) == ["hand_storage", "mend_role"]
    assert [list(one.changes()) for one in found] == [[], []]


def test_the_past_of_then_counts_and_not_what_was_confirmed_later(tmp_path: Path) -> None:
    with small(tmp_path, strengths={"role": 50.0}) as here:
        first, _ = here.follow(PLAIN, yes=False)
        confirm(here.journal, first, "role", by="ada")
        second, _ = here.follow(PLAIN, yes=False)
        confirm(here.journal, second, "other", by="ada", why="it was the network")
        found = [again(here, incident, PLAIN) for incident in (first, second)]
    histories = [one.judgements[0].now[0].history for one in found]
    assert histories[0] is None
    assert histories[1] is not None
    assert (histories[1].confirmed, histories[1].of) == (1, 1)
    assert [one.same for one in found] == [True, True]


def test_where_learning_was_off_it_is_off_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with small(tmp_path, strengths={"role": 50.0}) as here:
        first, _ = here.follow(PLAIN, yes=False)
        confirm(here.journal, first, "role", by="ada")
        monkeypatch.setenv(LEARNING, "off")
        second, _ = here.follow(PLAIN, yes=False)
        monkeypatch.delenv(LEARNING)
        found = again(here, second, PLAIN)
    assert [one.hypothesis for one in found.judgements[0].now] == ["role", "other"]
    assert found.same


def test_an_incident_put_aside_is_judged_by_what_was_confirmed_before_its_end(tmp_path: Path) -> None:
    with small(tmp_path, strengths={"role": 50.0}) as here:
        first, _ = here.follow(PLAIN)
        here.world.strengths["role"] = 3.0
        aside, _ = here.follow(PLAIN)
        here.clock.sleep(60)
        confirm(here.journal, first, "role", by="ada")
        [late] = again(here, aside, symptom_from(PLAIN, 2)).judgements
        here.clock.sleep(60)
        here.world.strengths["role"] = 3.0
        after, _ = here.follow(PLAIN)
        [later] = again(here, after, symptom_from(PLAIN, 2)).judgements
    assert late.now[0].history is None
    assert later.now[0].history is not None


def test_nothing_is_asked_of_the_world_and_nothing_is_written(tmp_path: Path) -> None:
    with small(tmp_path, strengths={"role": 50.0}) as here:
        incident, _ = here.follow(PLAIN)
        before = here.journal.entries(incident)
        here.world.blind |= {name: (1e12, AssertionError("nobody may look")) for name in ("failing", "role")}
        assert again(here, incident, PLAIN).same
        assert here.journal.entries(incident) == before
    assert FAILING is PLAIN.symptom
