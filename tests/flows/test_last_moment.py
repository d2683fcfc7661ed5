"""Between a yes and the act time can leap: a machine sleeps, a clock is put right, a look takes for ever."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from journal import approvals, clock, switches
from journal.errors import JournalUnavailable
from journal.facts.decided import Decided, Passed
from journal.facts.done import Intended
from journal.facts.words import Ending
from runbook import Approval
from tasks.answered import carry_in
from tasks.channel import ApprovalForm
from tests.flows.small import World, mend, runbook, small

WAITS = timedelta(minutes=30)


def book() -> Any:
    return runbook(mend("model", approval=Approval(by="anybody", risk="None.", within=WAITS)))


@pytest.mark.parametrize(("leap", "acts"), [(WAITS / 2, ["apply model"]), (WAITS * 2, []), (timedelta(days=1), [])])
def test_a_yes_does_not_outlast_what_happens_while_the_symptom_is_looked_at_once_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, leap: timedelta, acts: list[str]
) -> None:
    leapt: list[str] = []
    with small(tmp_path, strengths={"model": 30.0}) as here:

        def look(_world: World, what: str) -> None:
            if here.journal.of_kind(Decided.model_fields["kind"].default) and not leapt:
                leapt.append(what)
                here.clock.sleep(leap.total_seconds())

        monkeypatch.setattr(World, "look", look)
        incident, closed = here.follow(book())
        passed = [one.by for one in here.facts(incident, Passed)]
        assert leapt
        assert here.world.acts == acts
        assert len(here.facts(incident, Intended)) == len(acts)
    assert passed == ([] if acts else ["time"])
    assert closed.ending is (Ending.RESOLVED if acts else Ending.UNRESOLVED)


@pytest.mark.parametrize("back", [timedelta(minutes=5), timedelta(days=1)])
def test_a_freeze_that_somebody_set_while_it_is_looked_at_once_more_holds_the_act_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, back: timedelta
) -> None:
    """Also when the clock is set back right after."""
    frozen: list[str] = []
    with small(tmp_path, strengths={"model": 30.0}) as here:

        def look(_world: World, what: str) -> None:
            if here.journal.of_kind(Decided.model_fields["kind"].default) and not frozen:
                frozen.append(what)
                now = clock.now()
                switches.freeze(
                    here.journal, "small", starts=now, ends=now + timedelta(hours=1), by="ana", why="launch"
                )
                monkeypatch.setattr(here.clock, "now", lambda now=here.clock.now: now() - back)

        monkeypatch.setattr(World, "look", look)
        incident, _ = here.follow(book())
        assert frozen
        assert here.world.acts == []
        assert [one.by for one in here.facts(incident, Passed)] == ["freeze"]


def test_an_answer_that_nobody_could_judge_is_not_told_as_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The journal was away: said once that it did not count, it would never be looked at again."""
    said: list[str] = []

    def away(*_: object, **__: object) -> None:
        raise JournalUnavailable("here", 60.0, "connection refused")

    monkeypatch.setattr(approvals, "decide", away)
    case: Any = SimpleNamespace(
        journal=None, incident="INC-1", said=lambda *_: None, say=lambda key, _: said.append(key)
    )
    given = ApprovalForm(decision="approve", name="ana", why="known")
    with pytest.raises(JournalUnavailable):
        carry_in(case, "0" * 16, 0, given)
    assert said == []
