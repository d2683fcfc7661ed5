"""One treatment that serves several causes alike: offered for whichever is supported, planned for the likeliest."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from journal.facts.decided import Planned, TaskGiven
from journal.facts.seen import Judged
from journal.facts.words import Ending, Standing
from runbook import Hypothesis, Manual, Strength
from runbook.rendering import runbook_as_markdown
from sandbox.strangers.meet import treated_by
from tasks.offer import in_order, supported_of
from tests.contract.runbooks import RUNBOOKS
from tests.contract.told_apart import validated_by_the_symptom_alone
from tests.flows.small import World, cause, mend, runbook, small

LEFT, LEFT_GONE = cause("left")
RIGHT, _ = cause("right")


def both(**more: Any) -> Any:
    """One change for both; it is validated by what rules either out."""
    gone = RIGHT.refuted_by[0]
    left = replace(LEFT, refuted_by=(LEFT_GONE, gone))
    return mend("right", treats=(left, RIGHT), validated_by=gone, **more)


def either(left: Any = LEFT, right: Any = RIGHT) -> Any:
    return mend("right", treats=(left, right), validated_by=RIGHT.refuted_by[0])


def none_left(world: World) -> None:
    world.strengths.update(left=0.0, right=0.0)


@pytest.mark.parametrize("at_work", ["left", "right"])
def test_it_is_offered_for_whichever_is_at_work(tmp_path: Path, at_work: str) -> None:
    with small(tmp_path, strengths={at_work: 30.0}) as here:
        here.world.cures["right"] = none_left
        step = either()
        incident, closed = here.follow(runbook(step))
        (planned,) = here.facts(incident, Planned)
        assert planned.treats == at_work
        assert closed.ending is Ending.RESOLVED


def test_of_two_that_are_at_work_it_is_planned_once_for_the_likelier(tmp_path: Path) -> None:
    more = replace(LEFT, prior=0.6)
    with small(tmp_path, strengths={"left": 20.0, "right": 20.0}) as here:
        here.world.cures["right"] = none_left
        incident, closed = here.follow(runbook(either(more)))
        (judged,) = here.facts(incident, Judged)
        standing = {one.hypothesis: one.standing for one in judged.ranking}
        assert standing["left"] is standing["right"] is Standing.SUPPORTED
        assert [one.treats for one in here.facts(incident, Planned)] == ["left"]
        assert here.world.acts == ["apply right"]
        assert closed.ending is Ending.RESOLVED


def test_a_task_says_which_of_its_causes_it_is_given_for(tmp_path: Path) -> None:
    task = Manual(
        name="by_hand",
        title="By hand",
        treats=(LEFT, RIGHT),
        steps=("Do it.",),
        validated_by=RIGHT.refuted_by[0],
        source="devised",
        why_manual="nobody else can.",
    )
    with small(tmp_path, strengths={"right": 30.0}) as here:
        incident, _ = here.follow(runbook(task), yes=False)
        assert [one.treats for one in here.facts(incident, TaskGiven)] == ["right"]


def test_neither_makes_up_for_the_other(tmp_path: Path) -> None:
    """How sure a cause is counts for itself: of none that is supported nothing is offered."""
    hint = {"strength": ((LEFT.supported_by[0], Strength.HINT),)}
    unsure = (replace(LEFT, **hint), replace(RIGHT, strength=((RIGHT.supported_by[0], Strength.HINT),)))
    with small(tmp_path, strengths={"left": 20.0, "right": 20.0}) as here:
        step = either(*unsure)
        book = runbook(step)
        incident, closed = here.follow(book)
        (judged,) = here.facts(incident, Judged)
        assert supported_of(step, judged.ranking) is None
        assert in_order(book, None, judged.ranking) == []  # type: ignore[arg-type] # nothing is asked of it
        assert closed.ending is Ending.UNRESOLVED


@pytest.mark.parametrize("treats", [(), (LEFT, LEFT)])
def test_none_and_one_twice_are_refused(treats: tuple[Hypothesis[Any, Any], ...]) -> None:
    with pytest.raises(ValueError, match="name each cause once"):
        runbook(mend("right", treats=treats), hypotheses=(LEFT,))


@pytest.mark.parametrize("declared", [(LEFT,), (RIGHT,)])
def test_each_must_be_declared(declared: tuple[Hypothesis[Any, Any], ...]) -> None:
    with pytest.raises(ValueError, match="treats hypotheses it does not declare"):
        runbook(mend("right", treats=(LEFT, RIGHT)), hypotheses=declared)


def test_its_validation_must_be_the_sentence_of_each() -> None:
    assert list(validated_by_the_symptom_alone(runbook(both()))) == []
    [refused] = validated_by_the_symptom_alone(runbook(either()))
    assert refused.startswith("small.incident.mend_right is validated by 'right is weak', which is not its cause's")


def test_its_page_names_each() -> None:
    assert "Treats: It is left. It is right." in runbook_as_markdown(runbook(either()))


def test_who_judges_strangers_knows_each() -> None:
    assert treated_by("rung.mfa_issues")["enrol"] == {"not_enrolled", "authenticator_lost"}
    assert [step.name for step in RUNBOOKS["rung.mfa_issues"].mitigations].count("enrol") == 1
