"""Long acts whose vendor, or whose clock, misbehaves: they are seen to their end, or a person is asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest

from journal import clock, leases, waits
from journal.facts.decided import TaskGiven
from journal.facts.done import Carried, Progressed
from journal.facts.words import Act, Effect, Ending, Going, Stake
from runbook import Outcome, Progress, changes
from tests.flows.passes import Incident
from tests.flows.restoring import MINUTE, VENDORS, Restore, restore, restoring
from tests.flows.small import READS, WORLD, Knob, cause, mend, runbook
from tests.flows.test_killed_in_a_round import Killed
from tests.flows.test_long_acts import BOOK, begun, killed_before, seen_to_its_end

PROGRESS = Restore.progress


def too_much(self: Restore, plan: Any, act: Act) -> Progress:
    """A vendor that restores more than it had thought."""
    told = PROGRESS(self, plan, act)
    return told if told.share is None else Progress(going=told.going, note=told.note, share=told.share * 1.5)


def in_other_words(_self: Restore, _plan: Any, _act: Act) -> Progress:
    raise KeyError("status")


@pytest.mark.parametrize("told", [too_much, in_other_words])
def test_what_cannot_be_understood_goes_on_and_in_the_end_a_person_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: Callable[..., Progress]
) -> None:
    with restoring(tmp_path, lasts=35 * MINUTE) as here:
        one = begun(here, book=runbook(restore(within=timedelta(minutes=30)), rounds=1))
        monkeypatch.setattr(Restore, "progress", told)
        for _ in range(31):
            here.let_wait(one.run)
            assert one.go() is None
        assert here.facts(one.id, TaskGiven)
        assert here.facts(one.id, Progressed)[-1].going is Going.UNKNOWN


def test_a_target_that_cannot_be_understood_right_after_a_kill_is_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with restoring(tmp_path) as here:
        one = Incident(here, BOOK)
        one.go()
        one.say(one.asked()[0])
        with killed_before("under_way"), pytest.raises(Killed):
            one.go()
        monkeypatch.setattr(leases, "me", lambda: "the next process")
        with monkeypatch.context() as patch:
            patch.setattr(Restore, "progress", in_other_words)
            assert one.go() is None
        closed = seen_to_its_end(one)
    assert (closed.ending, here.world.acts) == (Ending.RESOLVED, ["apply lost"])


def test_a_clock_that_is_set_back_gives_an_act_no_more_time(tmp_path: Path) -> None:
    with restoring(tmp_path, lasts=2 * 60 * MINUTE) as here:
        one = begun(here, book=runbook(restore(within=timedelta(hours=1)), rounds=1))
        VENDORS[-1].begun[Act.APPLY] -= 10 * MINUTE
        for _ in range(59):
            here.let_wait(one.run)
            assert one.go() is None
        clock.sleep(5 * MINUTE)
        monitor = [entry.at for entry in here.journal.entries(one.id)][-1]
        one.monitor("firing")
        here.clock.set_back(20 * MINUTE)
        assert clock.now() < monitor
        assert one.go() is None
        assert here.facts(one.id, TaskGiven), "its time was up when the monitor was heard"


@changes(Knob, name="small.rebuild", effect=Effect.REVERSIBLE, needs=READS, reads=READS, stake=Stake.SETTING)
@dataclass(frozen=True, kw_only=True)
class Rebuild(Restore):
    """Something else that takes 90 minutes."""

    began: ClassVar[list[float]] = []

    @property
    def lock(self) -> str:
        return self.name

    def apply(self, plan: Any, warrant: Any) -> Outcome:
        self.began.append(clock.monotonic())
        return Outcome(under_way=True, note="It was begun.")

    def progress(self, plan: Any, act: Act) -> Progress:
        if clock.monotonic() - self.began[-1] < 90 * MINUTE:
            return Progress(going=Going.UNDER_WAY, note="It goes on.", share=0.5)
        WORLD[-1].strengths["walls"] = 0.0
        return Progress(going=Going.DONE, note="It is rebuilt.")


def test_what_is_taken_back_meanwhile_does_not_end_the_watching_of_what_goes_on(tmp_path: Path) -> None:
    """A temporary act that is undone for a while, as long as another one is under way."""
    walls, whole = cause("walls")

    def rebuild(_c: object) -> Rebuild:
        return Rebuild(within=timedelta(hours=3), every=timedelta(minutes=1))

    second = replace(mend("walls", treats=walls, validated_by=whole), change=rebuild)
    with restoring(tmp_path, lasts=10 * MINUTE) as here:
        here.world.strengths["walls"] = 40.0
        one = begun(here, book=runbook(restore(expires_after=timedelta(minutes=50)), second))
        while len(one.asked()) == 1:
            here.let_wait(one.run)
            assert one.go() is None
        one.say(one.asked()[1])
        assert one.go() is None
        for _ in range(100):
            if len(here.facts(one.id, Carried)) == 3:
                break
            assert waits.paused(here.journal.entries(one.id)) is not None, "somebody must look"
            here.let_wait(one.run)
            one.go()
        done = [(fact.mitigation, fact.act) for fact in here.facts(one.id, Carried)]
    assert done == [("restore", Act.APPLY), ("restore", Act.UNDO), ("mend_walls", Act.APPLY)]
