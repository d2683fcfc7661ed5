"""A yes to the rule under attack: more than it covers, other things, a side that is busy, warnings."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from journal import clock
from journal.facts.decided import Planned, Requested
from journal.facts.done import Carried, Intended
from journal.facts.words import Act, Ending
from runbook import Approval, Guardrail, SlowDown
from tests.flows.leaking import LEAKS, Drain, drain, leaking
from tests.flows.passes import SOON, TEN_MINUTES, after
from tests.flows.small import Mend, mend, runbook, small


def rule(at_most: int, **more: Any) -> Any:
    approval = Approval(by="anybody", risk="None.", covers="the rule", at_most=at_most)
    limits = Guardrail(at_most=10, cooldown=timedelta(0))
    return drain(**{"approval": approval, "guardrail": limits, "within": SOON, **more})


def test_nobody_is_shown_more_than_one_yes_covers(tmp_path: Path) -> None:
    with leaking(tmp_path) as here:
        incident, _ = here.follow(runbook(rule(2)))
        asked, plan = here.facts(incident, Requested)[0], here.facts(incident, Planned)[0]
    assert [target.name for target in plan.targets] == ["session 1", "session 2"]
    assert "3 of these are there. One yes covers 2; the others are left as they are." in asked.text
    assert here.world.acts == ["end 1, 2", "end 3"]


def test_who_is_asked_to_slow_down_at_the_act_keeps_the_yes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = Drain.plan
    with leaking(tmp_path) as here:

        def busy() -> float:
            until = clock.monotonic() + 20

            def planning(self: Drain) -> Any:
                if clock.monotonic() < until:
                    raise SlowDown("Asked too often.")
                return plan(self)

            monkeypatch.setattr(Drain, "plan", planning)
            return 0.0

        _, closed = here.follow(runbook(rule(5)), thinks=(busy() for _ in range(1)))
    assert (closed.ending, here.world.acts) == (Ending.RESOLVED, ["end 1, 2, 3"])


def test_where_none_of_the_approved_is_left_the_rule_covers_those_of_their_kind(tmp_path: Path) -> None:
    with leaking(tmp_path) as here:

        def others() -> float:
            LEAKS[-1].sessions[:] = [7, 8]
            return 0.0

        incident, closed = here.follow(runbook(rule(5)), thinks=(others() for _ in range(1)))
        (intent,) = here.facts(incident, Intended)
    assert (here.world.acts, closed.ending) == (["end 7, 8"], Ending.RESOLVED)
    assert [target.name for target in intent.later] == ["session 7", "session 8"]


def test_what_became_something_else_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = Drain._target  # what this world's targets look like
    with leaking(tmp_path) as here:

        def works() -> float:
            def told(self: Drain, number: int) -> Any:
                said = target(self, number)
                return said.model_copy(update={"before": "in a transaction"}) if number == 2 else said

            monkeypatch.setattr(Drain, "_target", told)
            return 0.0

        here.follow(runbook(rule(5), rounds=1), thinks=(works() for _ in range(1)))
    assert here.world.acts == ["end 1, 3"]


@pytest.mark.parametrize(("warns", "acts"), [("5 of them wait.", ["end 1, 2, 3"]), ("1 of them writes.", [])])
def test_a_warning_that_nobody_has_seen_is_no_part_of_a_yes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, warns: str, acts: list[str]
) -> None:
    plan = Drain.plan
    said = ["3 of them wait."]
    monkeypatch.setattr(Drain, "plan", lambda self: plan(self).model_copy(update={"warnings": (said[0],)}))
    with leaking(tmp_path) as here:

        def another() -> float:
            said[0] = warns
            return 0.0

        _, closed = here.follow(runbook(rule(5), rounds=1), thinks=(another() for _ in range(1)))
        assert here.world.acts == acts
    assert ("a warning that nobody had seen when they said yes: 1 of them writes." in closed.text) is (acts == [])


def test_what_came_later_and_was_done_is_not_new_in_the_next_round(tmp_path: Path) -> None:
    """Session 4 came while somebody thought, and opens again after it was ended, beside one that nobody has seen."""
    with leaking(tmp_path, every=500.0, at_most=4) as here, pytest.MonkeyPatch.context() as patch:
        after(patch, Drain, lambda: LEAKS[-1].sessions.extend([4, 9]))
        incident, _ = here.follow(runbook(rule(5)), thinks=(TEN_MINUTES,))
        second = here.facts(incident, Requested)[1]
    assert here.world.acts[0] == "end 1, 2, 3, 4"
    assert "1 of 2 targets in no plan of this treatment before." in second.text


def test_a_rule_with_a_way_back_undoes_what_it_did(tmp_path: Path) -> None:
    approval = Approval(by="anybody", risk="None.", covers="the rule", at_most=1)
    undone: list[Any] = []
    with (
        small(tmp_path, strengths={"leak": 50.0}, cures={"leak": lambda _w: None}) as here,
        pytest.MonkeyPatch.context() as patch,
    ):
        undo = Mend.undo
        patch.setattr(Mend, "undo", lambda self, plan, warrant: (undone.append(plan), undo(self, plan, warrant))[1])
        incident, _ = here.follow(runbook(mend("leak", approval=approval, within=SOON), rounds=1))
        (intent,) = (one for one in here.facts(incident, Intended) if one.act is Act.APPLY)
        carried = [(fact.act, fact.ok) for fact in here.facts(incident, Carried)]
    assert carried == [(Act.APPLY, True), (Act.UNDO, True)]
    assert [plan.model_dump(mode="json") for plan in undone] == [intent.plan]
