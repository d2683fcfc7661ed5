"""An act that failed and may be in place all the same: it is taken back, and nobody is told that nothing was done."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from journal import approvals, clock
from journal.facts.closed import Closed
from journal.facts.decided import TaskGiven
from journal.facts.done import Carried
from journal.facts.words import Act, Channel, Ending
from journal.timeline import as_markdown, timeline
from runbook import Irreversible, Outcome, Result
from tests.flows.passes import Incident
from tests.flows.small import WORLD, Mend, Rehearsed, mend, runbook, small
from tests.flows.test_procedure import AS_IT_IS, Contained, change, procedure

HALF_AN_HOUR = 31 * 60.0
MENDS = runbook(mend("leak"), rounds=1)


def lost(self: Mend, _plan: Any, warrant: Any) -> Outcome:
    """It happens, and the answer does not arrive."""
    WORLD[-1].acts.append(f"{warrant.act} {self.cause}")
    raise OSError("connection reset")


def half(self: Mend, _plan: Any, warrant: Any) -> Outcome:
    WORLD[-1].acts.append(f"{warrant.act} {self.cause}")
    results = (Result(name="a", done=True), Result(name="b", done=False, note="it failed"))
    return Outcome(ok=False, note="1 of 2 are mended.", results=results)


def asked_whether(here: Rehearsed, book: Any = MENDS) -> tuple[Incident, TaskGiven]:
    """An incident of whose act nobody can tell, and a person is asked."""
    one = Incident(here, book)
    assert one.go() is None
    one.say(one.asked()[0])
    assert one.go() is None
    (given,) = here.facts(one.id, TaskGiven)
    return one, given


def in_the_end(one: Incident) -> Closed:
    closed = one.go()
    assert closed is not None
    return closed


def test_what_was_done_in_part_is_undone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Mend, "apply", half)
    with small(tmp_path, strengths={"leak": 50.0}) as here:
        one = Incident(here, MENDS)
        one.go()
        one.say(one.asked()[0])
        closed = in_the_end(one)
    assert here.world.acts == ["apply leak", "undo leak"]
    assert "Tried in vain: “Mend leak”. 1 of 2 are mended. “Mend leak” was undone." in closed.text


def test_nobody_answered_whether_it_happened_so_it_is_undone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Mend, "apply", lost)
    with small(tmp_path, strengths={"leak": 50.0}) as here:
        one, _ = asked_whether(here)
        clock.sleep(HALF_AN_HOUR)
        closed = in_the_end(one)
        notes = [(fact.act, fact.note) for fact in here.facts(one.id, Carried)]
    assert here.world.acts == ["apply leak", "undo leak"]
    assert notes[0] == (Act.APPLY, "Nobody looked in time, so it is not known whether it was applied.")
    assert "not known whether it was applied" in closed.text


def test_a_person_who_says_that_it_was_not_applied_is_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Mend, "apply", lost)
    with small(tmp_path, strengths={"leak": 50.0}) as here:
        one, given = asked_whether(here)
        said: Any = {"done": False, "by": "ada", "channel": Channel.CLI, "why": "I looked"}
        _answer(here, one, given, said)
        closed = in_the_end(one)
    assert here.world.acts == ["apply leak"]
    assert "A person looked: it was not applied." in closed.text


def _answer(here: Rehearsed, one: Incident, given: TaskGiven, said: dict[str, Any]) -> None:
    approvals.done(here.journal, one.id, given.digest, **said)


def test_it_does_not_go_away_by_itself_where_something_may_have_been_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Mend, "apply", half)
    with small(tmp_path, strengths={"leak": 50.0}) as here:
        here.world.cures["undo leak"] = lambda world: world.strengths.update(leak=0.0)
        one = Incident(here, MENDS)
        one.go()
        one.say(one.asked()[0])
        closed = in_the_end(one)
    assert closed.ending is Ending.RECOVERED
    assert "by itself" not in closed.text
    assert "“Mend leak” was carried out and was not shown to have helped." in closed.text


@pytest.mark.parametrize("how", ["half", "lost"])
def test_what_may_be_in_place_and_has_no_way_back_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setattr(Mend, "apply", {"half": half, "lost": lost}[how])
    book = runbook(mend("leak", undo=Irreversible("It cannot be put back.")), rounds=1)
    with small(tmp_path, strengths={"leak": 50.0}) as here:
        one = Incident(here, book)
        one.go()
        one.say(one.asked()[0])
        if how == "lost":
            one.go()
            clock.sleep(HALF_AN_HOUR)
        in_the_end(one)
        drawn = as_markdown(timeline(here.journal.entries(one.id)))
    assert here.world.acts == ["apply leak"]
    assert "Find out what is in place of “Mend leak”, which failed." in drawn
    assert "“Mend leak” failed, and may be in place in part." in drawn


def test_a_step_of_a_procedure_that_may_be_done_is_not_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Mend, "apply", half)
    step = change("cut", undo=Irreversible("It cannot be put back."))
    with small(tmp_path, strengths=dict(AS_IT_IS)) as here:
        closed = Contained(here, procedure(step)).to_its_end()
    assert closed.ending is Ending.UNRESOLVED
    assert "1 of 2 are mended" in closed.text
    assert "Nothing of it is in place." not in closed.text
