"""Rounds: what an act did not end is looked at and judged anew, and treated again as it is then; and never for ever."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from journal.facts.decided import Passed, Planned, Requested, TaskGiven
from journal.facts.done import Carried, Validated
from journal.facts.seen import Judged
from journal.facts.words import Act, Ending
from journal.rounds import kept, rounds, tries
from journal.timeline import as_html, as_markdown, timeline
from runbook import Guardrail, Manual
from tests.flows.leaking import LEAKS, drain, leaking
from tests.flows.small import Rehearsed, World, cause, mend, runbook, small

TEN_MINUTES = 600.0


def test_a_leak_that_goes_on_while_somebody_thinks_is_ended_in_the_second_round(tmp_path: Path) -> None:
    with leaking(tmp_path, every=250.0, at_most=5) as here:
        incident, closed = here.follow(runbook(drain(within=timedelta(minutes=1))), thinks=(TEN_MINUTES,))
        plans, asked = here.facts(incident, Planned), here.facts(incident, Requested)
        held = [fact.held for fact in here.facts(incident, Validated)]
        keys = {entry.key for entry in here.journal.entries(incident)}
    assert here.world.acts == ["end 1, 2, 3", "end 4, 5"]
    assert (closed.ending, held) == (Ending.RESOLVED, [False, True])
    assert closed.text.startswith("“End what leaks” worked when it was done for the second time")
    assert [len(plan.targets) for plan in plans] == [3, 2]
    assert len({plan.digest for plan in plans} & {one.digest for one in asked}) == 2, "each has its own yes"
    assert {"plan:mend_leak", "plan:mend_leak@2", "judged", "judged:after:mend_leak"} <= keys


def test_the_question_of_a_later_round_says_what_was_done_before_and_what_is_new(tmp_path: Path) -> None:
    with leaking(tmp_path, every=250.0, at_most=5) as here:
        incident, _ = here.follow(runbook(drain(within=timedelta(minutes=1))), thinks=(TEN_MINUTES,))
        first, second = (one.text for one in here.facts(incident, Requested))
    assert "**Round:**" not in first
    assert "- **Round:** 2 of 3 at most." in second
    assert "- **Before:** End what leaks: applied on 3 targets." in second
    assert "- **Before:** End what leaks: did not help." in second
    assert "- **New:** 2 of 2 targets in no plan of this treatment before." in second


def test_where_nothing_is_left_of_what_was_approved_all_is_looked_at_anew(tmp_path: Path) -> None:
    def others(_: World) -> None:
        LEAKS[-1].sessions[:] = [7, 8]

    with leaking(tmp_path) as here:
        book = runbook(drain())
        incident, closed = _meanwhile(here, book, others)
        carried = [(fact.act, fact.ok) for fact in here.facts(incident, Carried)]
    assert carried == [(Act.APPLY, False), (Act.APPLY, True)]
    assert here.world.acts == ["end 7, 8"]
    assert closed.ending is Ending.RESOLVED


def _meanwhile(here: Rehearsed, book: Any, happens: Any) -> Any:
    """Follow; something happens while the first question waits."""

    class Thinking:
        asked = 0

        def __iter__(self) -> Thinking:
            return self

        def __next__(self) -> float:
            self.asked += 1
            if self.asked == 1:
                happens(here.world)
            return 0.0

    return here.follow(book, thinks=Thinking())


def test_the_same_thing_is_not_done_again_where_it_did_not_help(tmp_path: Path) -> None:
    with small(tmp_path, strengths={"leak": 50.0}, cures={"leak": lambda _w: None}) as here:
        incident, closed = here.follow(runbook(mend("leak")))
        passed = here.facts(incident, Passed)
        assert len(here.facts(incident, Requested)) == 1, "nobody is asked for it again"
    assert here.world.acts == ["apply leak", "undo leak"]
    assert [(one.mitigation, one.by) for one in passed] == [("mend_leak", "round")]
    assert closed.ending is Ending.UNRESOLVED
    assert "would do again what was tried in an earlier round of this incident and did not help" in closed.text


def test_what_becomes_likely_only_when_the_first_is_undone_is_treated_in_the_next_round(tmp_path: Path) -> None:
    """The first fix is wrong and undone; while it was tried, another cause has shown itself."""

    def shows(world: World) -> None:
        world.strengths |= {"role": 60.0}

    with small(tmp_path, strengths={"leak": 50.0}, cures={"leak": shows}) as here:
        here.world.cures["role"] = lambda world: world.strengths.update(role=0.0, leak=0.0)
        _, closed = here.follow(runbook(mend("leak"), mend("role")))
    assert here.world.acts == ["apply leak", "undo leak", "apply role"]
    assert closed.ending is Ending.RESOLVED


@pytest.mark.parametrize("most", [1, 2, 3, 5])
def test_rounds_are_bounded(tmp_path: Path, most: int) -> None:
    with leaking(tmp_path, every=20.0) as here:
        incident, closed = here.follow(runbook(drain(within=timedelta(minutes=1)), rounds=most))
        judged, asked = here.facts(incident, Judged), here.facts(incident, Requested)
    assert len(asked) == len(here.world.acts) == most
    assert [one.after for one in judged] == list(range(most + 1)), "the last time for true words at the end"
    assert closed.ending is Ending.UNRESOLVED
    assert f"After round {most} all was looked at and judged anew." in closed.text


def test_a_runbook_without_a_round_is_refused() -> None:
    with pytest.raises(ValueError, match="causes are judged once at least"):
        runbook(mend("leak"), rounds=0)


def test_its_own_cooldown_is_waited_for_and_then_asked_of_the_guardrail(tmp_path: Path) -> None:
    guardrail = Guardrail(at_most=5, cooldown=timedelta(minutes=10))
    with leaking(tmp_path, every=100.0, at_most=4) as here:
        book = runbook(drain(within=timedelta(minutes=1), guardrail=guardrail))
        incident, closed = here.follow(book, thinks=(TEN_MINUTES,))
        first, second = (e for e in here.journal.entries(incident) if e.kind == "intended")
    assert second.at - first.at >= timedelta(minutes=10)
    assert closed.ending is Ending.RESOLVED


def test_a_cooldown_that_is_long_is_not_waited_for(tmp_path: Path) -> None:
    guardrail = Guardrail(at_most=5, cooldown=timedelta(hours=2))
    with leaking(tmp_path, every=100.0, at_most=4) as here:
        book = runbook(drain(within=timedelta(minutes=1), guardrail=guardrail))
        incident, closed = here.follow(book, thinks=(TEN_MINUTES,))
        (passed,) = here.facts(incident, Passed)
    assert (passed.by, closed.ending) == ("guardrail", Ending.UNRESOLVED)


def test_the_guardrail_is_asked_of_each_plan_by_itself(tmp_path: Path) -> None:
    with leaking(tmp_path, every=100.0, at_most=12) as here:
        guardrail = Guardrail(at_most=4, cooldown=timedelta(0))
        book = runbook(drain(within=timedelta(minutes=1), guardrail=guardrail))
        incident, closed = here.follow(book, thinks=(TEN_MINUTES,))
        (passed,) = here.facts(incident, Passed)
    assert (passed.by, here.world.acts) == ("guardrail", ["end 1, 2, 3"])
    assert "reaches" in passed.why
    assert closed.ending is Ending.UNRESOLVED


def test_what_somebody_refused_is_not_asked_again(tmp_path: Path) -> None:
    """The one that is offered first is refused, the other done; judging anew offers the first one again."""
    answers = iter((False, True))
    with small(tmp_path, strengths={"leak": 50.0, "role": 30.0}) as here:
        incident, closed = here.follow(runbook(mend("leak"), mend("role")), yes=lambda: next(answers))
        asked = [one.mitigation for one in here.facts(incident, Requested)]
    assert sorted(asked) == ["mend_leak", "mend_role"]
    assert len(here.world.acts) == 1
    assert closed.ending is Ending.UNRESOLVED


def by_hand(name: str) -> Manual[Any, Any]:
    of, gone = cause(name)
    return Manual(
        name=f"hand_{name}",
        title=f"Mend {name} by hand",
        treats=of,
        steps=("Take the tool.",),
        validated_by=gone,
        source="devised",
        why_manual="nobody else can.",
        within=timedelta(minutes=1),
    )


def test_a_task_that_was_done_ends_its_round_and_is_not_given_again_word_for_word(tmp_path: Path) -> None:
    with small(tmp_path, strengths={"leak": 50.0}) as here:
        incident, closed = here.follow(runbook(by_hand("leak")))
        passed = here.facts(incident, Passed)
        assert len(here.facts(incident, TaskGiven)) == 1
        assert len(here.facts(incident, Judged)) == 2
    assert [one.by for one in passed] == ["round"]
    assert closed.ending is Ending.UNRESOLVED


def test_the_timeline_tells_the_rounds_apart(tmp_path: Path) -> None:
    with leaking(tmp_path, every=250.0, at_most=5) as here:
        incident, _ = here.follow(
            runbook(drain(within=timedelta(minutes=1), leaves="it leaks on")), thinks=(TEN_MINUTES,)
        )
        entries = here.journal.entries(incident)
    drawn = timeline(entries)
    first, second = drawn.plans
    assert [first.title, second.title] == ["End what leaks", "End what leaks (round 2)"]
    assert [line.text for line in first.followed if "help" in line.text or "worked" in line.text] != []
    assert not any("worked" in line.text for line in first.followed)
    assert any("mend_leak worked" in line.text for line in second.followed)
    assert "Round 2: End what leaks: applied on 2 targets." in drawn.summary
    assert sum("It leaks on." in line for line in drawn.summary) == 1
    assert [one.name for one in drawn.milestones][-3:] == ["applied", "validated", "closed"]
    text = as_markdown(drawn)
    assert "2 hypotheses judged anew, after round 1" in text
    assert "judged anew, after round 1" in as_html(drawn)
    assert len(rounds(entries)) == 2
    (stays,) = kept(entries)
    assert stays == second.digest
    assert len(set(tries(entries).values())) == 2
