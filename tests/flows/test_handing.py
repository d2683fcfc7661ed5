"""A hand-off that ends in vain lets the next one be tried: the wrong neighbour does not end the search."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest

from flows.follow import follow
from flows.incident import FROM
from journal.errors import UnknownIncident
from journal.facts.closed import Closed, HandedOff, Noted
from journal.facts.opened import Opened
from journal.facts.words import Ending
from journal.schema import LEDGER
from runbook import Evidence, Runbook
from tasks.engine import Run
from tests.flows.small import Params, Rehearsed, Small, failing, hand, mend, runbook, small

NEAR = failing.shows("more than 1% of the requests fail, as the neighbour sees it", lambda r: r.percent > 1)
FINE: Evidence[Any, Any] = failing.shows("more than 90% of the requests fail", lambda r: r.percent > 90)

NEIGHBOUR = runbook(mend("nothing"), name="small.neighbour", symptom=NEAR, title="The neighbour")
TRUE_ONE = runbook(mend("model"), name="small.model", title="The model")


def triage(*others: Runbook[Any, Any]) -> Runbook[Any, Any]:
    """A runbook that hands over, likeliest first."""
    return runbook(
        hand("storage", others[0]),
        *(hand("model", other) for other in others[1:]),
        name="small.triage",
        title="Triage",
    )


def endings(here: Rehearsed) -> dict[str, Ending]:
    """Which runbook ended how; they end at the same moment of a time that stands still."""
    found: dict[str, Ending] = {}
    for entry in here.journal.of_kind("closed"):
        opened = here.journal.entries(entry.incident)[0].fact
        assert isinstance(opened, Opened)
        assert isinstance(entry.fact, Closed)
        found[opened.runbook] = entry.fact.ending
    return found


def test_the_next_likely_runbook_is_tried_when_the_first_ends_unresolved(tmp_path: Path) -> None:
    book = triage(NEIGHBOUR, TRUE_ONE)
    with small(tmp_path, strengths={"storage": 3.0, "model": 30.0}) as here:
        incident, closed = here.follow(book, NEIGHBOUR, TRUE_ONE)
        handed = here.facts(incident, HandedOff)
        ended = endings(here)
        noted = [e.fact for e in here.journal.of_kind("noted") if isinstance(e.fact, Noted)]
        document = (tmp_path / "timelines" / f"{incident}.md").read_text()
    assert closed.text.startswith("Handed to the runbook The neighbour")
    assert closed.text.endswith("If that finds nobody at work: The model.")
    assert [one.to for one in handed] == ["small.neighbour", "small.model"]
    assert (ended["small.triage"], ended["small.neighbour"]) == (Ending.HANDED_OFF, Ending.UNRESOLVED)
    assert "small.model" in ended
    assert here.world.acts == ["apply model"]
    assert any("handed to the next likely runbook, The model" in one.text for one in noted)
    assert "Follow the incident that took over: The model" in document


def test_one_that_does_not_even_see_its_symptom_is_passed_on_as_well(tmp_path: Path) -> None:
    healthy = runbook(mend("nothing"), name="small.healthy", symptom=FINE, title="The healthy one")
    with small(tmp_path, strengths={"storage": 30.0, "model": 3.0}) as here:
        here.follow(triage(healthy, TRUE_ONE), healthy, TRUE_ONE)
        ended = endings(here)
    assert set(ended) == {"small.triage", "small.healthy", "small.model"}
    assert ended["small.healthy"] is Ending.NOT_REPRODUCED


def test_one_that_resolves_it_is_the_last(tmp_path: Path) -> None:
    storage = runbook(mend("storage"), name="small.storage", title="The storage")
    with small(tmp_path, strengths={"storage": 30.0, "model": 1.0}) as here:
        incident, _ = here.follow(triage(storage, TRUE_ONE), storage, TRUE_ONE)
        assert [one.to for one in here.facts(incident, HandedOff)] == ["small.storage"]


def test_the_search_goes_on_above_one_that_was_handed_over_itself_and_has_nothing_left(tmp_path: Path) -> None:
    between = runbook(hand("storage", NEIGHBOUR), name="small.between", title="Between")
    with small(tmp_path, strengths={"storage": 3.0, "model": 30.0}) as here:
        here.follow(triage(between, TRUE_ONE), between, NEIGHBOUR, TRUE_ONE)
        assert set(endings(here)) == {"small.triage", "small.between", "small.neighbour", "small.model"}


def test_what_else_the_sender_offers_is_tried_after_all_hand_offs_were_in_vain(tmp_path: Path) -> None:
    book = runbook(hand("storage", NEIGHBOUR), mend("model"), name="small.triage", title="Triage")
    with small(tmp_path, strengths={"storage": 3.0, "model": 30.0}) as here:
        incident, closed = here.follow(book, NEIGHBOUR)
        handed = here.facts(incident, HandedOff)
        noted = [e.fact.text for e in here.journal.of_kind("noted") if isinstance(e.fact, Noted)]
        again = here.journal.incident_of(handed[-1].flow_run)
        assert again is not None
        assert here.facts(again, HandedOff) == [], "what was in vain is not handed over again"
        (ended,) = here.facts(again, Closed)
    assert closed.text.endswith("If that finds nobody at work: what else this runbook offers.")
    assert [one.to for one in handed] == ["small.neighbour", "small.triage"]
    assert here.world.acts == ["apply model"]
    assert ended.ending is Ending.RESOLVED
    assert any("goes on with what else its runbook offers, Triage" in text for text in noted)


def test_a_sender_that_offers_nothing_else_does_not_go_on(tmp_path: Path) -> None:
    book = runbook(hand("storage", NEIGHBOUR), name="small.triage", title="Triage")
    with small(tmp_path, strengths={"storage": 30.0}) as here:
        incident, _ = here.follow(book, NEIGHBOUR)
        assert [one.to for one in here.facts(incident, HandedOff)] == ["small.neighbour"]


def test_whoever_started_it_is_who_asked_for_what_it_is_handed_over_to(tmp_path: Path) -> None:
    """Else they could approve there, by another runbook, what they may not approve."""
    between = runbook(hand("storage", NEIGHBOUR), name="small.between", title="Between")
    with small(tmp_path, strengths={"storage": 3.0, "model": 30.0}) as here:
        here.follow(triage(between, TRUE_ONE), between, NEIGHBOUR, TRUE_ONE)
        asked = {e.fact.runbook: e.fact.requested_by for e in here.journal.of_kind("opened")}
    assert asked == dict.fromkeys(("small.triage", "small.between", "small.neighbour", "small.model"), "ada")


@pytest.mark.parametrize("sender", [LEDGER, "INC-20260101-0000", "", "INC"])
def test_a_sender_that_is_none_makes_nobody_else_the_one_who_asked(tmp_path: Path, sender: str) -> None:
    with small(tmp_path, strengths={"model": 30.0}) as here:
        run = Run(id="11111111-1111-4111-8111-111111111111", tags=(f"{FROM}{sender}",), starter="mallory")
        here.engine.during(run, partial(follow, TRUE_ONE, Small, Params()))
        incident = here.journal.incident_of(run.id)
        assert incident is not None
        assert here.facts(incident, Opened)[0].requested_by == "mallory"


@pytest.mark.parametrize("empty", [True, False])
def test_a_run_with_the_ledgers_tag_does_nothing_and_says_so(tmp_path: Path, empty: bool) -> None:
    with small(tmp_path, strengths={"model": 30.0}) as here:
        if not empty:
            here.follow(TRUE_ONE)
        before, acts = here.journal.entries(LEDGER), list(here.world.acts)
        run = Run(id="11111111-1111-4111-8111-111111111111", tags=(f"incident:{LEDGER}",), starter="mallory")
        with pytest.raises(UnknownIncident, match="There is no incident 'ledger'"):
            here.engine.during(run, partial(follow, TRUE_ONE, Small, Params()))
        assert here.journal.entries(LEDGER) == before
        assert here.world.acts == acts
