"""A yes to the rule: what is of the approved kind is read again at the act, and never more of it than approved."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from journal.facts.decided import Passed, Planned, Requested
from journal.facts.done import Carried, Intended
from journal.facts.words import Ending
from journal.timeline import as_markdown, timeline
from runbook import Approval, Guardrail, Permanent
from runbook.rendering import runbook_as_markdown
from tests.flows.leaking import LEAKS, Drain, drain, leaking
from tests.flows.small import runbook, small

TEN_MINUTES = 600.0
GUARDRAIL = Guardrail(at_most=10, cooldown=timedelta(0))


def rule(at_most: int, **more: Any) -> Any:
    """The mitigation of a leak whose approval covers the rule."""
    approval = Approval(by="anybody", risk="None that is known.", covers="the rule", at_most=at_most)
    return drain(approval=approval, guardrail=GUARDRAIL, within=timedelta(minutes=1), **more)


@pytest.mark.parametrize("said", [{"covers": "the rule"}, {"at_most": 3}, {"covers": "the rule", "at_most": 0}])
def test_an_approval_of_the_rule_says_how_many_and_that_of_a_list_does_not(said: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="covers the list, or the rule with `at_most`"):
        Approval(by="anybody", risk="None.", **said)


def test_a_rule_reaches_no_further_than_its_guardrail() -> None:
    with pytest.raises(ValueError, match="A yes to mend_leak covers 11 targets, its guardrail 10"):
        rule(11)


def test_the_default_is_the_list(tmp_path: Path) -> None:
    with leaking(tmp_path, every=250.0, at_most=5) as here:
        incident, _ = here.follow(runbook(drain(within=timedelta(minutes=1))), thinks=(TEN_MINUTES,))
        intents = here.facts(incident, Intended)
        first = here.facts(incident, Requested)[0].text
    assert [(one.plan, one.later) for one in intents] == [(None, ())] * 2
    assert here.world.acts[0] == "end 1, 2, 3"
    assert "**Exactly this would change**" in first


def test_what_came_while_somebody_thought_is_covered_and_listed(tmp_path: Path) -> None:
    with leaking(tmp_path, every=250.0, at_most=5) as here:
        incident, closed = here.follow(runbook(rule(6)), thinks=(TEN_MINUTES,))
        (asked,), (intent,) = here.facts(incident, Requested), here.facts(incident, Intended)
        entries = here.journal.entries(incident)
    assert here.world.acts == ["end 1, 2, 3, 4, 5"]
    assert closed.ending is Ending.RESOLVED
    assert [one.name for one in intent.later] == ["session 4", "session 5"]
    assert "what else is of these kinds when it is carried out: 6 targets at most" in asked.text
    text = as_markdown(timeline(entries))
    assert "Came later: session 5: open → ended" in text
    (plan,) = timeline(entries).plans
    assert [(one.name, one.became) for one in plan.targets][2:4] == [
        ("session 3", "done"),
        ("session 4", "came later; done"),
    ]


def test_never_more_than_approved_and_what_was_shown_comes_first(tmp_path: Path) -> None:
    with leaking(tmp_path, every=100.0, at_most=9) as here:
        incident, closed = here.follow(runbook(rule(4), rounds=1), thinks=(TEN_MINUTES,))
        (intent,) = here.facts(incident, Intended)
    assert here.world.acts == ["end 1, 2, 3, 4"]
    assert [one.name for one in intent.later] == ["session 4"]
    assert closed.ending is Ending.UNRESOLVED


def test_what_is_left_is_for_the_next_round(tmp_path: Path) -> None:
    with leaking(tmp_path, every=100.0, at_most=7) as here:
        _, closed = here.follow(runbook(rule(4)), thinks=(TEN_MINUTES,))
    assert here.world.acts == ["end 1, 2, 3, 4", "end 5, 6, 7"]
    assert closed.ending is Ending.RESOLVED


def test_what_is_of_another_kind_is_not_covered(tmp_path: Path) -> None:
    """Sessions 1 to 3 are of two kinds; one of a third kind comes later."""
    with leaking(tmp_path) as here:
        LEAKS[-1].sessions[:] = [3, 6]
        kinds = ("session", "batch", "replica")

        def comes() -> float:
            LEAKS[-1].sessions.extend([4, 5, 9])
            return 0.0

        incident, _ = here.follow(runbook(rule(10, kinds=kinds), rounds=1), thinks=(comes() for _ in range(1)))
        (intent,) = here.facts(incident, Intended)
    assert here.world.acts == ["end 3, 6, 9"]
    assert [one.name for one in intent.later] == ["session 9"]


def test_where_nothing_of_the_kind_is_left_nothing_is_done(tmp_path: Path) -> None:
    with leaking(tmp_path) as here:

        def others() -> float:
            LEAKS[-1].sessions[:] = [4]
            return 0.0

        LEAKS[-1].sessions[:] = [3]
        kinds = ("session", "batch", "replica")
        incident, closed = here.follow(runbook(rule(10, kinds=kinds), rounds=1), thinks=(others() for _ in range(1)))
        passed = here.facts(incident, Passed)
        assert here.facts(incident, Carried) == []
    assert [one.why for one in passed] == ["Nothing of the approved kind is there any more."]
    assert closed.ending is Ending.UNRESOLVED


def test_the_guardrail_is_asked_of_what_is_carried_out(tmp_path: Path) -> None:
    """Six of ten sessions are more than half of all, which the plan of three was not."""
    guardrail = Guardrail(at_most=10, at_most_share=0.05, cooldown=timedelta(0))
    approval = Approval(by="anybody", risk="None that is known.", covers="the rule", at_most=10)
    with leaking(tmp_path, every=100.0, at_most=9) as here:
        book = runbook(drain(approval=approval, guardrail=guardrail), rounds=1)
        incident, _ = here.follow(book, thinks=(TEN_MINUTES,))
        (passed,) = here.facts(incident, Passed)
    assert (passed.by, here.world.acts) == ("guardrail", [])
    assert "9% of all 100; the limit is 5%" in passed.why


def test_where_nobody_can_see_what_is_there_nothing_is_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with leaking(tmp_path) as here:

        def denied() -> float:
            def plan(_: Drain) -> Any:
                raise Permanent("May not look any more.")

            monkeypatch.setattr(Drain, "plan", plan)
            return 0.0

        incident, _ = here.follow(runbook(rule(5), rounds=1), thinks=(denied() for _ in range(1)))
        (passed,) = here.facts(incident, Passed)
    assert (passed.why, here.world.acts) == ("May not look any more.", [])


def test_how_many_a_yes_covers_stands_in_the_plan(tmp_path: Path) -> None:
    with leaking(tmp_path) as here:
        incident, _ = here.follow(runbook(rule(4)))
        (planned,) = here.facts(incident, Planned)
    assert planned.at_most == 4  # as approved


def test_the_page_of_a_runbook_says_what_a_yes_covers(tmp_path: Path) -> None:
    with small(tmp_path):
        assert "- **Covers the rule:** what is of the shown kinds when it is carried out, 4 targets at most." in (
            runbook_as_markdown(runbook(rule(4)))
        )
