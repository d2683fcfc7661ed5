"""Who was asked too often is asked again later; and nothing is called healthy before a whole period has passed."""

from __future__ import annotations

import pickle
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from journal.facts.done import Validated
from journal.facts.seen import AGAIN, GATHER, Check, Judged, Read, SymptomAsked
from journal.facts.words import Answer, Ending
from journal.timeline import as_markdown, timeline
from runbook import Permanent, SlowDown
from tasks.at_length import period
from tasks.gather import PATIENCE
from tests.flows.small import Small, Strong, World, mend, runbook, small

SLOW = SlowDown("AWS asks to slow down (ThrottlingException) when trying to read metrics.")
LATE = Permanent("CloudWatch has no values of it; that is unknown.")


@pytest.mark.parametrize("seconds", [10, 60])
def test_throttling_that_ends_within_a_minute_costs_no_answer(tmp_path: Path, seconds: float) -> None:
    with small(tmp_path, strengths={"leak": 40.0}, blind={"leak": (seconds, SLOW)}) as here:
        incident, closed = here.follow(runbook(mend("leak"), mend("rest")))
        reads = [read for read in here.facts(incident, Read) if read.phase == GATHER]
    assert closed.ending is Ending.RESOLVED
    assert [read.unreadable for read in reads] == [None] * 3, "each probe answered, once"


def test_throttling_that_does_not_end_is_unknown_after_patience_and_the_others_are_heard(tmp_path: Path) -> None:
    with small(tmp_path, strengths={"leak": 40.0}, blind={"leak": (1e9, SLOW)}) as here:
        incident, closed = here.follow(runbook(mend("leak"), mend("rest")))
        (judged,) = here.facts(incident, Judged)
        (blind,) = [read for read in here.facts(incident, Read) if read.unreadable]
        entries = here.journal.entries(incident)
    waited = next(e.at for e in entries if e.fact is judged or e.fact == judged) - entries[0].at
    assert PATIENCE <= waited < 2 * PATIENCE
    assert "slow down" in blind.unreadable
    assert closed.ending is Ending.UNRESOLVED
    assert "More will be known when these can be read: leak (AWS asks to slow down" in closed.text


def test_what_is_refused_for_good_is_not_asked_again(tmp_path: Path) -> None:
    with small(tmp_path, strengths={"leak": 40.0}, blind={"leak": (1e9, Permanent("denied"))}) as here:
        incident, _ = here.follow(runbook(mend("leak")))
        entries = here.journal.entries(incident)
    assert entries[-1].at - entries[0].at < timedelta(seconds=30)


def test_a_symptom_that_shows_within_a_whole_period_is_treated_on_evidence_of_then(tmp_path: Path) -> None:
    """The alert was quicker than the look: the newest whole period lay before the trouble."""
    with small(tmp_path, strengths={"leak": 0.0}, later=[(30.0, "leak", 40.0)]) as here:
        incident, closed = here.follow(runbook(mend("leak")))
        asked = {fact.phase: fact.finding.answer for fact in here.facts(incident, SymptomAsked)}
        (validated,) = here.facts(incident, Validated)
    assert (asked[GATHER], asked[AGAIN]) == (Answer.NO, Answer.YES)
    assert closed.ending is Ending.RESOLVED
    assert validated.held


def test_nothing_is_called_not_reproduced_before_a_whole_period_was_seen_and_fine(tmp_path: Path) -> None:
    with small(tmp_path, strengths={"leak": 1.0}) as here:
        incident, closed = here.follow(runbook(mend("leak")))
        entries = here.journal.entries(incident)
    assert closed.ending is Ending.NOT_REPRODUCED
    assert entries[-1].at - entries[0].at >= timedelta(minutes=1)
    assert closed.text == (
        "Nothing was changed: for 1 min it was not so that more than 5% of the requests fail (1% of the requests fail)."
    )


def test_late_values_are_waited_for(tmp_path: Path) -> None:
    with small(tmp_path, strengths={"leak": 40.0}, blind={"failing": (60.0, LATE)}) as here:
        incident, closed = here.follow(runbook(mend("leak")))
        drawn = as_markdown(timeline(here.journal.entries(incident)))
    assert closed.ending is Ending.RESOLVED
    assert "Symptom: more than 5% of the requests fail (yes; 40% of the requests fail)" in drawn.replace("\\", "")


def test_what_nobody_sees_for_as_long_as_patience_lasts_is_unknown_and_says_what_would_tell(tmp_path: Path) -> None:
    with small(tmp_path, strengths={"leak": 40.0}, blind={"failing": (1e9, LATE)}) as here:
        incident, closed = here.follow(runbook(mend("leak")))
        entries = here.journal.entries(incident)
    assert closed.ending is Ending.UNRESOLVED
    assert entries[-1].at - entries[0].at >= PATIENCE
    assert closed.text == (
        "Unknown, and nothing was changed: nobody could see whether more than 5% of the requests fail. Why: CloudWatch"
        " has no values of it; that is unknown. It will be known when the probe failing can be read: make that possible"
        " and start the runbook again, or look by hand."
    )


def test_a_value_of_five_minutes_is_waited_for_until_it_is_whole_and_settled() -> None:
    params: Any = SimpleNamespace(period=timedelta(minutes=5))
    case: Any = SimpleNamespace(context=SimpleNamespace(params=params))
    assert period(case) == timedelta(minutes=6)


def test_who_was_turned_away_says_in_the_end_what_was_seen_of_the_others(tmp_path: Path) -> None:
    """A probe that asks several: one of them throttles for ever, and the others are heard, after patience."""
    partly = SlowDown(SLOW.message, so_far=Strong(strength=40.0))
    with small(tmp_path, strengths={"leak": 40.0}, blind={"leak": (200.0, partly)}) as here:
        incident, _ = here.follow(runbook(mend("leak")))
        read = next(r for r in here.facts(incident, Read) if r.probe == "leak" and r.phase == GATHER)
        entries = here.journal.entries(incident)
    assert (read.unreadable, read.text) == (None, "40 strong")
    assert read.at - entries[0].at >= PATIENCE
    again = pickle.loads(pickle.dumps(partly))  # our own, made here
    assert (again.message, again.after, again.so_far) == (partly.message, partly.after, partly.so_far)


def test_a_clock_that_is_off_makes_no_all_clear(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    off = Check(name="clock", answer=Answer.UNKNOWN, text="Our clock is 2 min behind: set it.", of_time=True)
    monkeypatch.setattr(Small, "checks", lambda _self: iter((off,)))
    with small(tmp_path, strengths={"leak": 1.0}) as here:
        _, closed = here.follow(runbook(mend("leak")))
    assert closed.ending is Ending.UNRESOLVED
    assert closed.text.startswith("Unknown, and nothing was changed: it was not so that more than 5% of the requests")
    assert "Our clock is 2 min behind: set it." in closed.text


@pytest.mark.parametrize(("back_after", "holds"), [(None, True), (630.0, False)])
def test_what_begins_to_hold_just_before_the_time_is_up_shows_whether_it_lasts(
    tmp_path: Path, *, back_after: float | None, holds: bool
) -> None:
    """Its time is ten minutes and it must hold for one; it works after nine and three quarters."""

    def cure(world: World) -> None:
        world.in_(585.0, "leak", 0.0)
        if back_after is not None:
            world.in_(back_after, "leak", 40.0)

    with small(tmp_path, strengths={"leak": 40.0}, cures={"leak": cure}) as here:
        incident, closed = here.follow(runbook(mend("leak", holds_for=timedelta(minutes=1))))
        (validated,) = here.facts(incident, Validated)
    assert validated.held is holds
    assert timedelta(minutes=10) < validated.took < timedelta(minutes=12)
    assert (closed.ending is Ending.RESOLVED) is holds
