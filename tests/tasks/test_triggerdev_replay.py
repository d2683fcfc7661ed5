"""Replaying failed runs: one first, none twice wherever it ends, and undone as far as nothing has begun."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from blocks.environment import Environment
from blocks.notifier import Notifier
from journal.facts.words import Answer
from journal.redaction import redact
from runbook import Drifted, NotNeeded, NotSafe, Permanent
from sandbox.triggerdev.kept import Failure
from tasks.triggerdev import replay as module
from tasks.triggerdev.replay import AT_MOST, CANARY, ReplayRuns
from tasks.triggerdev.runs import mark_of
from tests.tasks.cases import DRIFTED, GUARDRAIL, NEEDED, NOT_NEEDED, UNDO, UNKNOWN, WARRANT, Guarded, planned
from tests.tasks.trigger import AN_HOUR, OUT, PATIENT, REMIND, SYNC, Here, practising

MOMENT = timedelta(milliseconds=100)


class Killed(BaseException):
    """The process ends here."""


@pytest.fixture
def here() -> Iterator[Here]:
    with practising() as found:
        yield found


@pytest.fixture
def env() -> Environment:
    """What `guarded` judges guardrails in."""
    return Environment(notifier=Notifier())


@pytest.fixture
def again(here: Here) -> ReplayRuns:
    return ReplayRuns(trigger=here.block(), window=AN_HOUR, within=timedelta(seconds=20), every=MOMENT)


def replays(here: Here) -> Counter[str]:
    """How often each run was replayed, as only the stand-in knows."""
    return Counter(one.replays for one in here.kept.runs.values() if one.replays)


@pytest.mark.case(ReplayRuns, NEEDED, NOT_NEEDED, GUARDRAIL)
def test_failed_runs_are_replayed_the_oldest_first_each_once(here: Here, again: ReplayRuns, guarded: Guarded) -> None:
    assert isinstance(again.plan(), NotNeeded)
    failed = here.ended(SYNC, 25, OUT)
    plan = planned(again)
    guarded(plan)
    assert [one.run for one in plan.targets] == [one.id for one in failed]
    assert PATIENT not in repr(plan)
    assert redact(plan.model_dump(mode="json")) == plan.model_dump(mode="json")
    assert again.landed(plan)[0] is Answer.NO
    outcome = again.apply(plan, WARRANT)
    assert outcome.ok, outcome.note
    assert outcome.note == "Replayed 25 of 25 approved runs; 0 failed again."
    assert replays(here) == Counter({one.id: 1 for one in failed})
    assert again.landed(plan)[0] is Answer.YES
    assert isinstance(again.plan(), NotNeeded)


def test_only_tasks_that_may_be_replayed_are(here: Here, again: ReplayRuns) -> None:
    here.ended(REMIND, 3, OUT)
    here.ended(SYNC, 3)
    (run,) = here.ended(SYNC, 1, OUT)
    assert [one.run for one in planned(again).targets] == [run.id]
    with pytest.raises(NotSafe, match="names no task"):
        replace(again, trigger=here.block(replayable=[])).plan()
    with pytest.raises(Permanent, match="no changing key"):
        replace(again, trigger=here.block(changing_key=None)).plan()


def test_more_than_fifty_are_left_to_a_person(here: Here, again: ReplayRuns) -> None:
    here.ended(SYNC, AT_MOST, OUT)
    assert len(planned(again).targets) == AT_MOST
    here.ended(SYNC, 1, OUT)
    with pytest.raises(NotSafe, match="51 runs failed, and 50"):
        again.plan()


def test_one_that_fails_again_stops_it_at_once(here: Here, again: ReplayRuns) -> None:
    failed = here.ended(SYNC, 20, OUT)
    plan = planned(again)
    here.kept.tasks[SYNC].fails = lambda _task, _run: OUT
    outcome = again.apply(plan, WARRANT)
    assert not outcome.ok
    assert outcome.note == "Replayed 1 of 20 approved runs; 1 failed again. Stopped: 1 of the last 1 failed again."
    assert replays(here) == Counter({failed[0].id: CANARY})
    assert {one.note for one in outcome.results[1:]} == {"left alone: it was stopped"}


def test_it_stops_when_more_than_a_tenth_of_a_batch_fails(here: Here, again: ReplayRuns) -> None:
    failed = here.ended(SYNC, 30, OUT)
    bad = {one.id for one in failed[5:7]}
    here.kept.tasks[SYNC].fails = lambda _task, run: OUT if run.replays in bad else None
    outcome = again.apply(planned(again), WARRANT)
    assert outcome.note == "Replayed 11 of 30 approved runs; 2 failed again. Stopped: 2 of the last 10 failed again."
    assert sum(replays(here).values()) == 11


def killed_at(number: int, *, sent: bool) -> Callable[..., Any]:
    """Ends the process at one of its changes: before it is sent, or before its answer is heard."""
    inner, left = module.told, [number]

    def told(*given: Any, **more: Any) -> Any:
        changes = more.get("method") == "POST"
        left[0] -= changes
        if changes and left[0] == 0 and not sent:
            raise Killed
        answer = inner(*given, **more)
        if changes and left[0] == 0:
            raise Killed
        return answer

    return told


@pytest.mark.parametrize("sent", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("number", range(1, 9))
@pytest.mark.parametrize("late", [timedelta(0), AN_HOUR], ids=["", "lists are late"])
def test_wherever_it_is_killed_none_is_replayed_twice(
    here: Here, again: ReplayRuns, monkeypatch: pytest.MonkeyPatch, number: int, late: timedelta, *, sent: bool
) -> None:
    failed = here.ended(SYNC, 4, OUT)
    plan = planned(again)
    with monkeypatch.context() as patch:
        patch.setattr(module, "told", killed_at(number, sent=sent))
        with pytest.raises(Killed):
            again.apply(plan, WARRANT)
    here.kept.late = late
    if again.landed(plan)[0] is Answer.NO:
        again.apply(plan, WARRANT)
    here.kept.late = timedelta(0)
    once = replays(here)
    assert set(once.values()) <= {1}
    assert len(once) >= len(failed) - 1, "only the one at which it was killed may be left"
    if len(once) < len(failed):
        assert again.landed(plan)[0] is Answer.UNKNOWN


@pytest.mark.case(ReplayRuns, UNKNOWN)
def test_a_run_that_was_tagged_and_has_no_replay_is_left(here: Here, again: ReplayRuns) -> None:
    one, other = here.ended(SYNC, 2, OUT)
    plan = planned(again)
    one.tags = [mark_of(one.id)]
    outcome = again.apply(plan, WARRANT)
    assert replays(here) == Counter({other.id: 1})
    assert "nobody can tell" in outcome.results[0].note
    assert again.landed(plan)[0] is Answer.UNKNOWN


@pytest.mark.case(ReplayRuns, DRIFTED)
def test_runs_that_are_no_longer_as_approved_are_left(here: Here, again: ReplayRuns) -> None:
    one, other = here.ended(SYNC, 2, OUT)
    plan = planned(again)
    one.status = "COMPLETED"
    del here.kept.runs[other.id]
    with pytest.raises(Drifted, match="nothing was replayed"):
        again.apply(plan, WARRANT)
    assert replays(here) == Counter()


def test_a_run_with_as_many_tags_as_there_may_be_stops_it(here: Here, again: ReplayRuns) -> None:
    (run,) = here.ended(SYNC, 1, OUT, tags=tuple(f"user_{number}" for number in range(10)))
    with pytest.raises(Permanent, match="status 422"):
        again.apply(planned(again), WARRANT)
    assert replays(here) == Counter()
    assert mark_of(run.id) not in run.tags


def test_what_was_replayed_once_is_never_planned_again(here: Here, again: ReplayRuns) -> None:
    here.ended(SYNC, 2, OUT)
    here.kept.tasks[SYNC].fails = lambda _task, _run: Failure(message="not valid")
    again.apply(planned(again), WARRANT)
    plan = planned(again)
    assert len(plan.targets) == 1, "neither the one that was replayed nor its replay"
    assert "2 runs were replayed before and are left; look at each." in plan.warnings


@pytest.mark.case(ReplayRuns, UNDO)
def test_undone_replays_that_have_not_begun_are_cancelled(here: Here, again: ReplayRuns) -> None:
    failed = here.ended(SYNC, 3, OUT)
    plan = planned(again)
    quick = replace(again, within=MOMENT)
    here.kept.queues[SYNC].paused = True
    outcome = quick.apply(plan, WARRANT)
    assert (outcome.ok, "1 of 1 had not ended" in outcome.note) == (False, True)
    assert quick.undone(plan)[0] is Answer.NO
    undone = quick.undo(plan, WARRANT)
    assert undone.ok, undone.note
    assert undone.note == "Cancelled 1 replay that had not begun; 0 had begun."
    assert quick.undone(plan)[0] is Answer.YES
    assert [one.status for one in here.kept.runs.values() if one.replays == failed[0].id] == ["CANCELED"]


def test_undone_what_has_begun_goes_on(here: Here, again: ReplayRuns) -> None:
    here.ended(SYNC, 1, OUT)
    plan = planned(again)
    here.kept.tasks[SYNC].takes = AN_HOUR
    quick = replace(again, within=MOMENT)
    quick.apply(plan, WARRANT)
    assert quick.undo(plan, WARRANT).ok
    assert [one.status for one in here.kept.runs.values() if one.replays] == ["EXECUTING"]
