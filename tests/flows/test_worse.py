"""What becomes clearly worse after a change is undone at once; what is not known, or a blip, is not."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from journal.facts.closed import Noted
from journal.facts.done import Carried, Validated, Worsened
from journal.facts.seen import Figure
from journal.facts.words import Act, Ending
from journal.timeline import as_markdown, timeline
from runbook import Permanent
from tasks.worse import MILD, clearly
from tests.flows.small import NO_WAY_BACK, World, mend, runbook, small

TEN_MINUTES = 600.0


def percent(value: float) -> Figure:
    return Figure(name="share", value=value, unit="%")


@pytest.mark.parametrize(("before", "now"), [(6, 20), (50, 68), (80, 100), (30, 60)])
def test_a_share_is_clearly_worse_when_its_odds_have_doubled(before: float, now: float) -> None:
    assert clearly(percent(before), percent(now))


@pytest.mark.parametrize(("before", "now"), [(6, 12), (50, 60), (92, 100), (100, 100), (40, 20), (0, 50)])
def test_a_share_is_not_clearly_worse_by_a_little_or_from_nothing(before: float, now: float) -> None:
    assert not clearly(percent(before), percent(now))


def test_another_figure_is_clearly_worse_when_it_has_doubled_in_the_same_unit() -> None:
    was, is_ = (Figure(name="P95", value=value, unit="ms") for value in (6000, 12_000))
    assert clearly(was, is_)
    assert not clearly(was, is_.model_copy(update={"value": 11_000}))
    assert not clearly(was, is_.model_copy(update={"unit": "s"}))


def test_a_mere_count_is_never_worse_because_it_grows_with_the_time_that_is_looked_at() -> None:
    few, many = (Figure(name="requests refused", value=value, unit="") for value in (10, 400))
    assert not clearly(few, many)


def spoils(world: World) -> None:
    """The change does away with nothing, and breaks everything."""
    world.strengths["spoilt"] = 100.0


def test_a_change_after_which_the_symptom_is_clearly_worse_is_undone_before_its_deadline(tmp_path: Path) -> None:
    with small(tmp_path, strengths={"leak": 20.0}, cures={"leak": spoils}) as here:
        incident, closed = here.follow(runbook(mend("leak")))
        (validated,), (worse,) = here.facts(incident, Validated), here.facts(incident, Worsened)
        text = as_markdown(timeline(here.journal.entries(incident)))
    assert here.world.acts == ["apply leak", "undo leak"]
    assert (validated.held, closed.ending) == (False, Ending.UNRESOLVED)
    assert MILD <= validated.took < timedelta(seconds=TEN_MINUTES / 3)
    assert (worse.before.value, worse.now.value) == (20, 100)
    assert "Mend leak: it became clearly worse. Requests that fail: 20% before, 100% since then" in text
    assert "Clearly worse after mend\\_leak" in text or "Clearly worse after mend_leak" in text
    assert "Mend leak: did not help" not in text


def test_a_change_after_which_its_own_cause_is_clearly_worse_is_undone_as_well(tmp_path: Path) -> None:
    def feeds(world: World) -> None:
        world.strengths |= {"leak": 40.0, "rest": 0.0}

    with small(tmp_path, strengths={"leak": 10.0, "rest": 30.0}, cures={"leak": feeds}) as here:
        incident, _ = here.follow(runbook(mend("leak")))
        (worse,) = here.facts(incident, Worsened)
    assert (worse.sentence, worse.before.value, worse.now.value) == ("leak is weak", 10, 40)
    assert here.world.acts == ["apply leak", "undo leak"]


def test_a_blip_undoes_nothing(tmp_path: Path) -> None:
    def blips(world: World) -> None:
        world.strengths["spoilt"] = 100.0
        world.in_(60, "spoilt", 0.0)
        world.in_(65, "leak", 0.0)

    with small(tmp_path, strengths={"leak": 20.0}, cures={"leak": blips}) as here:
        incident, closed = here.follow(runbook(mend("leak")))
        assert here.facts(incident, Worsened) == []
    assert closed.ending is Ending.RESOLVED
    assert here.world.acts == ["apply leak"]


def test_unknown_is_not_worse(tmp_path: Path) -> None:
    """Nobody can see the symptom any more: the change has its time, and is judged by its cause."""

    def hides(world: World) -> None:
        spoils(world)
        world.blind["failing"] = (1e9, Permanent("denied"))

    with small(tmp_path, strengths={"leak": 20.0}, cures={"leak": hides}) as here:
        incident, _ = here.follow(runbook(mend("leak")))
        (validated,) = here.facts(incident, Validated)
        assert here.facts(incident, Worsened) == []
    assert validated.took >= timedelta(seconds=TEN_MINUTES)


def test_what_cured_its_cause_and_made_the_symptom_clearly_worse_is_undone(tmp_path: Path) -> None:
    def trades(world: World) -> None:
        world.strengths |= {"leak": 0.0, "spoilt": 90.0}

    with small(tmp_path, strengths={"leak": 20.0}, cures={"leak": trades}) as here:
        incident, closed = here.follow(runbook(mend("leak")))
        (validated,), (worse,) = here.facts(incident, Validated), here.facts(incident, Worsened)
    assert validated.held
    assert worse.sentence == "more than 5% of the requests fail"
    assert here.world.acts == ["apply leak", "undo leak"]
    assert closed.ending is Ending.UNRESOLVED


def test_where_there_is_no_way_back_people_are_told_at_once(tmp_path: Path) -> None:
    with small(tmp_path, strengths={"leak": 20.0}, cures={"leak": spoils}) as here:
        incident, _ = here.follow(runbook(mend("leak", undo=NO_WAY_BACK)))
        (noted,) = here.facts(incident, Noted)
        acts = [fact.act for fact in here.facts(incident, Carried)]
    assert "it became clearly worse, and this change has no way back" in noted.text
    assert acts == [Act.APPLY]
