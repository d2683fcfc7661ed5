"""Rounds and time: changes that last a while, journals and runbooks of before, and odd declarations."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from journal.facts.decided import Requested
from journal.facts.seen import Judged
from journal.facts.words import Ending
from runbook import Approval
from tests.flows.passes import SOON, Incident
from tests.flows.small import mend, runbook, small


def test_what_lasts_a_while_is_undone_while_the_second_question_waits_and_may_be_done_again(tmp_path: Path) -> None:
    lasting = mend("leak", expires_after=timedelta(minutes=20), within=SOON)
    with small(tmp_path, strengths={"leak": 50.0}) as here:
        here.world.cures["leak"] = lambda world: world.strengths.update(leak=0.0, role=50.0)
        here.world.cures["undo leak"] = lambda world: world.strengths.update(leak=50.0)
        one = Incident(here, runbook(lasting, mend("role")))
        one.go()
        one.say(one.asked()[0])
        one.go()
        assert len(one.asked()) == 2
        one.thinks(21 * 60)
        one.go()
        assert here.world.acts == ["apply leak", "undo leak"], "its time is up, whatever else is asked"
        one.say(one.asked()[1])
        assert one.go() is None
        third = here.facts(one.id, Requested)[2]
    assert third.mitigation == "mend_leak", "it had helped until its time was up"


def test_two_changes_that_are_over_are_undone_in_reverse(tmp_path: Path) -> None:
    with small(tmp_path, strengths={"leak": 50.0}) as here:
        for name, of in (("leak", "role"), ("role", "leak")):
            here.world.cures[name] = lambda world, name=name, of=of: world.strengths.update(
                {name: 0.0, of: 50.0 if name == "leak" else 0.0}
            )
        lasts = timedelta(hours=2)
        one = Incident(here, runbook(mend("leak", expires_after=lasts), mend("role", expires_after=lasts)))
        for _ in range(2):
            one.go()
            one.say(one.asked()[-1])
        closed = one.go()
        one.thinks(3 * 3600)
        one.go()
    assert closed is not None
    assert here.world.acts == ["apply leak", "apply role", "undo role", "undo leak"]


def test_an_incident_of_before_there_were_rounds_goes_on_as_it_began(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then the next treatment was tried after one that did not help, and nothing was judged anew in between."""
    with small(tmp_path, strengths={"leak": 50.0, "role": 49.0}, cures={"leak": lambda _w: None}) as here:
        book = runbook(mend("leak", within=SOON), mend("role", within=SOON))
        here.world.cures["role"] = lambda world: world.strengths.update(leak=0.0, role=0.0)
        one = Incident(here, book)
        one.go()
        one.say(one.asked()[0])
        with monkeypatch.context() as before:
            before.setattr("flows.follow.was_done", lambda *_: False)
            one.go()
            one.say(one.asked()[1])

            class Gone(BaseException):
                pass

            def dies(*_: Any) -> Any:
                raise Gone

            before.setattr("flows.follow.close", dies)
            with pytest.raises(Gone):
                one.go()
        closed = one.go()
        judged = here.facts(one.id, Judged)
    assert closed is not None
    assert (closed.ending, len(judged)) == (Ending.RESOLVED, 1)
    assert here.world.acts == ["apply leak", "undo leak", "apply role"]


def test_a_treatment_that_the_runbook_has_no_more_is_told_all_the_same(tmp_path: Path) -> None:
    """The runbook was exchanged in the middle: it knows neither what was done, nor what was judged."""
    with small(tmp_path, strengths={"leak": 50.0, "role": 49.0}, cures={"leak": lambda _w: None}) as here:
        one = Incident(here, runbook(mend("leak", within=SOON), mend("role")))
        one.go()
        one.say(one.asked()[0])
        one.go()
        one.book = runbook(mend("pipe"))
        closed = one.go()
    assert closed is not None
    assert closed.ending is Ending.UNRESOLVED
    assert "“Mend leak” was undone." in closed.text


@pytest.mark.parametrize("rounds", [0, -1, 2.5, 2.0, float("nan"), True])
def test_rounds_are_a_number_of_times(rounds: Any) -> None:
    with pytest.raises(ValueError, match=r"rounds; causes are judged once at least"):
        runbook(mend("leak"), rounds=rounds)


@pytest.mark.parametrize("name", ["mend@2", "mend:apply", ""])
def test_a_name_that_would_read_as_another_try_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="name it, without :@"):
        runbook(replace(mend("leak"), name=name))


@pytest.mark.parametrize("said", [{"at_most": 2.5}, {"at_most": True}, {"at_most": float("inf")}, {"at_most": -1}])
def test_a_rule_covers_a_number_of_targets(said: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="covers the list, or the rule with `at_most`"):
        Approval(by="anybody", risk="None.", covers="the rule", **said)


@pytest.mark.parametrize("covers", ["The Rule", "rule", ""])
def test_nothing_else_is_covered(covers: Any) -> None:
    with pytest.raises(ValueError, match="covers the list, or the rule with `at_most`"):
        Approval(by="anybody", risk="None.", covers=covers)
