"""A system in shadow: all is looked at and planned, nothing is asked of anybody, and nothing is changed."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from journal import clock, policy, shadow
from journal.errors import Halted
from journal.facts.closed import HandedOff
from journal.facts.decided import Passed, Planned, Requested, TaskGiven
from journal.facts.done import Carried, Intended
from journal.facts.shadow import Shadowed, Would
from journal.facts.words import Act, Ending
from journal.timeline import as_markdown, timeline
from journal.verify import verify
from runbook import Approval, Manual, NoApproval
from runbook.escalation import Escalation, Level
from tests.flows.small import Rehearsed, World, cause, hand, mend, runbook, small

AN_HOUR = Escalation(issue="Small", source="devised", levels=(Level(name="L1", after=timedelta(0)),))


def turn(here: Rehearsed, system: str = "small", *, on: bool = True) -> None:
    shadow.turn(here.journal, system, on=on, by="ana", why="a trial")


def task(name: str) -> Manual[Any, Any]:
    of, gone = cause(name)
    return Manual(
        name=f"by_hand_{name}",
        title=f"Mend {name} by hand",
        treats=of,
        steps=("Turn it off.", "Turn it on."),
        validated_by=gone,
        source="devised",
        why_manual="Nobody else can.",
    )


STEPS = {
    Would.CHANGE: lambda: mend("model"),
    Would.TASK: lambda: task("model"),
    Would.HAND_OFF: lambda: hand("model", runbook(mend("model"), name="elsewhere.incident")),
}


@pytest.mark.parametrize("would", STEPS)
def test_what_would_be_done_is_told_and_nobody_is_asked_and_nothing_is_changed(tmp_path: Path, would: Would) -> None:
    with small(tmp_path, strengths={"model": 30.0}) as here:
        turn(here)
        incident, closed = here.follow(runbook(STEPS[would]()))
        (said,) = here.facts(incident, Shadowed)
        assert here.world.acts == []
        assert [*here.facts(incident, Requested), *here.facts(incident, TaskGiven)] == []
        assert [*here.facts(incident, HandedOff), *here.facts(incident, Intended)] == []
        assert here.engine.waiting == type(here.engine.waiting)()
        assert closed.ending is Ending.UNRESOLVED
        assert "In shadow (a trial, ana): nobody was asked or paged, and nothing was changed." in closed.text
        assert (said.would, said.title) == (would, STEPS[would]().title)
        assert {Would.CHANGE: "Mend model.", Would.TASK: "Turn it off.", Would.HAND_OFF: "elsewhere.incident"}[
            would
        ] in said.text
        drawn = as_markdown(timeline(here.journal.entries(incident)))
        assert said.title in drawn
        assert verify(here.journal).intact


def test_the_plan_is_drawn_with_its_targets_and_the_form(tmp_path: Path) -> None:
    with small(tmp_path, strengths={"model": 30.0}) as here:
        turn(here)
        incident, _ = here.follow(runbook(mend("model")))
        (planned,) = here.facts(incident, Planned)
        (said,) = here.facts(incident, Shadowed)
    assert [one.name for one in planned.targets] == ["model"]
    assert said.digest == planned.digest
    assert "To be approved by anybody" in said.text
    assert "**Risk:** None that is known." in said.text


def test_a_change_that_nobody_need_approve_is_not_made_either(tmp_path: Path) -> None:
    with small(tmp_path, strengths={"model": 30.0}) as here:
        turn(here)
        incident, _ = here.follow(runbook(mend("model", approval=NoApproval("It is harmless."))))
        (said,) = here.facts(incident, Shadowed)
        assert here.world.acts == []
    assert "without asking anybody" in said.text


def test_it_is_asked_again_whether_the_symptom_ended_by_itself(tmp_path: Path) -> None:
    with small(tmp_path, strengths={"model": 30.0}) as here:
        turn(here)
        here.world.in_(300.0, "model", 0.0)
        incident, closed = here.follow(runbook(mend("model")))
        (said,) = here.facts(incident, Shadowed)
    assert closed.ending is Ending.RECOVERED
    assert said.would is Would.CHANGE
    assert "by itself" in closed.text


def test_a_symptom_that_is_away_for_one_look_has_not_ended(tmp_path: Path) -> None:
    with small(tmp_path, strengths={"model": 30.0}) as here:
        turn(here)
        here.world.in_(170.0, "model", 0.0)
        here.world.in_(190.0, "model", 30.0)
        _, closed = here.follow(runbook(mend("model")))
    assert closed.ending is Ending.UNRESOLVED


def test_one_that_was_away_at_the_last_look_is_looked_at_once_more(tmp_path: Path) -> None:
    with small(tmp_path, strengths={"model": 30.0}) as here:
        turn(here)
        here.world.in_(13.5 * 60, "model", 0.0)
        began = clock.now()
        _, closed = here.follow(runbook(mend("model")))
        assert clock.now() - began >= timedelta(minutes=18)
    assert closed.ending is Ending.RECOVERED


def test_one_that_nobody_can_see_any_more_is_told_so(tmp_path: Path) -> None:
    with small(tmp_path, strengths={"model": 30.0}) as here:
        turn(here)

        def blind(world: World, what: str) -> None:
            if what == "failing" and here.journal.of_kind("shadowed"):
                raise PermissionError("no more")

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(World, "look", blind)
            _, closed = here.follow(runbook(mend("model")))
    assert closed.ending is Ending.UNRESOLVED
    assert "could not be seen any more" in closed.text


def test_where_no_cause_is_known_it_is_told_that_nothing_would_have_been_done(tmp_path: Path) -> None:
    with small(tmp_path, strengths={"unnamed": 30.0}) as here:
        turn(here)
        incident, closed = here.follow(runbook(mend("model")))
        (said,) = here.facts(incident, Shadowed)
    assert said.would is Would.NOTHING
    assert closed.ending is Ending.UNRESOLVED
    assert "Nothing would have been done" in closed.text


def test_what_is_not_there_is_not_reproduced_in_shadow_too(tmp_path: Path) -> None:
    with small(tmp_path, strengths={"model": 0.0}) as here:
        turn(here)
        incident, closed = here.follow(runbook(mend("model")))
        assert closed.ending is Ending.NOT_REPRODUCED
        assert len(here.facts(incident, Shadowed)) == 1


def test_another_system_goes_on_as_usual(tmp_path: Path) -> None:
    with small(tmp_path, strengths={"model": 30.0}) as here:
        turn(here, "other")
        _, closed = here.follow(runbook(mend("model")))
        assert closed.ending is Ending.RESOLVED
        assert "shadow" not in closed.text


# -- turned on and off meanwhile --------------------------------------------------------------------------------------


@pytest.mark.parametrize("when", ["before the yes", "between the yes and the act", "in the moment of the act"])
def test_turned_on_before_the_act_it_stops_the_act(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, when: str) -> None:
    done: list[str] = []
    with small(tmp_path, strengths={"model": 30.0}) as here:

        def look(_world: World, what: str) -> None:
            decided = bool(here.journal.of_kind("decided"))
            if when == "in the moment of the act" and decided and not done:
                done.append(what)
                turn(here)

        def yes() -> bool:
            if when == "before the yes" and not done:
                done.append("asked")
                turn(here)
            return True

        monkeypatch.setattr(World, "look", look)
        answer = here.answer

        def answering(run: Any, **more: Any) -> None:
            try:
                answer(run, **more)
            except Halted:
                done.append("halted")
                here.clock.sleep(3600.0)
            if when == "between the yes and the act" and not done:
                done.append("yes")
                turn(here)

        monkeypatch.setattr(Rehearsed, "answer", lambda _here, run, **more: answering(run, **more))
        incident, closed = here.follow(runbook(mend("model", approval=Approval(by="anybody", risk="None."))), yes=yes)
        (said,) = here.facts(incident, Shadowed)
        assert done[0]
        assert ("halted" in done) is (when == "before the yes")
        assert here.world.acts == []
        assert here.facts(incident, Intended) == []
        assert closed.ending is Ending.UNRESOLVED
        assert "nobody was asked or paged, once it was in shadow" in closed.text
        if when != "before the yes":
            assert said.title == "Mend model"
            assert [one.by for one in here.facts(incident, Passed)] == ["shadow"]


def test_a_yes_in_shadow_is_refused_as_one_while_all_is_stopped(tmp_path: Path) -> None:
    with small(tmp_path, strengths={"model": 30.0}) as here:
        refused: list[str] = []

        def yes() -> bool:
            if not refused:
                turn(here)
                refused.append("on")
            return True

        with pytest.raises(Halted, match="in shadow"):
            here.follow(runbook(mend("model")), yes=yes)


def test_turned_off_while_it_is_watched_it_goes_on_as_usual(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    off: list[float] = []
    with small(tmp_path, strengths={"model": 30.0}) as here:
        turn(here)

        def look(_world: World, what: str) -> None:
            if here.journal.of_kind("shadowed") and not off:
                off.append(clock.monotonic())
                turn(here, on=False)

        monkeypatch.setattr(World, "look", look)
        incident, closed = here.follow(runbook(mend("model")))
        assert off
        assert [one.on for one in here.facts(incident, Shadowed)] == [True, False]
        assert here.world.acts == ["apply model"]
    assert closed.ending is Ending.RESOLVED
    assert "shadow" not in closed.text


def test_what_has_begun_is_seen_through_and_nothing_more_is_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A change that does not help is taken back in shadow too, and the next one is not made."""
    with small(tmp_path, strengths={"first": 30.0, "second": 20.0}) as here:

        def useless(world: World) -> None:
            turn(here)

        here.world.cures["first"] = useless
        book = runbook(mend("first"), mend("second"))
        incident, closed = here.follow(book)
        entries = here.journal.entries(incident)
        assert here.world.acts == ["apply first", "undo first"]
        assert [one.act for one in here.facts(incident, Carried)] == [Act.APPLY, Act.UNDO]
        assert closed.ending is Ending.UNRESOLVED
        assert len(here.facts(incident, Requested)) == 1
        assert shadow.shadowed(entries) is None
        assert not shadow.unpaged(entries, {"small"})


# -- handing over -----------------------------------------------------------------------------------------------------


def test_it_is_handed_to_a_runbook_that_is_in_shadow_as_well(tmp_path: Path) -> None:
    with small(tmp_path, strengths={"model": 30.0}) as here:
        turn(here)
        other = runbook(mend("model"), name="small.other")
        incident, closed = here.follow(runbook(hand("model", other)), other)
        assert closed.ending is Ending.HANDED_OFF
        assert [one.would for one in here.facts(incident, Shadowed)] == [Would.HAND_OFF]
        assert here.world.acts == []
        assert [e.fact.would for e in here.journal.of_kind("shadowed") if isinstance(e.fact, Shadowed)] == [
            Would.HAND_OFF,
            Would.CHANGE,
        ]


def test_nothing_is_handed_into_a_shadow_in_which_nobody_is_paged(tmp_path: Path) -> None:
    with small(tmp_path, strengths={"model": 30.0}) as here:
        turn(here, "elsewhere")
        other = runbook(mend("model"), name="elsewhere.incident")
        incident, closed = here.follow(runbook(hand("model", other)), other)
        assert closed.ending is Ending.UNRESOLVED
        assert [one.by for one in here.facts(incident, Passed)] == ["shadow"]
        assert "nobody is paged there" in closed.text
        assert not shadow.unpaged(here.journal.entries(incident), shadow.quiet(here.journal))


# -- pages ------------------------------------------------------------------------------------------------------------


def test_nobody_is_paged_for_what_is_open_or_ended_in_shadow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[int, int]] = []
    with small(tmp_path, strengths={"model": 30.0}) as here:
        turn(here)

        def look(_world: World, what: str) -> None:
            for one in here.journal.every_open():
                entries = here.journal.entries(one.id)
                quiet = shadow.quiet(here.journal)
                seen.append((len(policy.due(entries, clock.now())), len(policy.due(entries, clock.now(), quiet=quiet))))

        monkeypatch.setattr(World, "look", look)
        incident, _ = here.follow(runbook(mend("model"), escalation=AN_HOUR))
        entries = here.journal.entries(incident)
        assert {1} == {due for due, _ in seen}
        assert {0} == {due for _, due in seen}
        assert policy.due(entries, clock.now()) == ()
        turn(here, on=False)
        assert policy.due(entries, clock.now(), quiet=shadow.quiet(here.journal)) == ()
        assert policy.walked(entries)


def test_what_ends_unresolved_after_the_shadow_is_paged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with small(tmp_path, strengths={"unnamed": 30.0}) as here:
        turn(here)

        def look(_world: World, what: str) -> None:
            if here.journal.of_kind("shadowed") and shadow.quiet(here.journal):
                turn(here, on=False)

        monkeypatch.setattr(World, "look", look)
        incident, closed = here.follow(runbook(mend("model"), escalation=AN_HOUR))
        assert closed.ending is Ending.UNRESOLVED
        assert [one.level for one in policy.due(here.journal.entries(incident), clock.now())] == ["L1"]


def test_what_ended_before_the_shadow_is_still_paged(tmp_path: Path) -> None:
    with small(tmp_path, strengths={"unnamed": 30.0}) as here:
        incident, _ = here.follow(runbook(mend("model"), escalation=AN_HOUR))
        turn(here)
        entries = here.journal.entries(incident)
        assert [one.level for one in policy.due(entries, clock.now(), quiet=shadow.quiet(here.journal))] == ["L1"]
