"""Waiting for what ends by itself: nobody is asked, nothing is changed, and it is over when it is seen to be over."""

from __future__ import annotations

import uuid
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from flows.follow import follow
from journal import clock, waits
from journal.facts.closed import Closed
from journal.facts.decided import Requested
from journal.facts.opened import Joined, TakenUp
from journal.facts.seen import Read, SymptomAsked
from journal.facts.waited import WaitBegun, WaitOver
from journal.facts.words import Answer, Ending
from journal.timeline import as_markdown, timeline
from runbook import Permanent, Runbook
from runbook.mitigation import LONGEST_WAIT
from runbook.rendering import runbook_as_markdown
from tasks.engine import Run
from tests.flows.small import Params, Rehearsed, Small, cause, mend, runbook, small, wait

MINUTE = 60.0
AWAY, GONE = cause("away")
THEN_MEND = mend("away", treats=AWAY, validated_by=GONE)
"""What is done when it was waited in vain for the same cause."""


@pytest.mark.parametrize("within", [timedelta(0), timedelta(minutes=-1), LONGEST_WAIT + timedelta(seconds=1)])
def test_a_wait_that_has_no_end_or_lasts_for_ever_is_refused(within: timedelta) -> None:
    with pytest.raises(ValueError, match="say how long it may"):
        wait("away", within=within)


def test_a_runbook_that_waits_and_has_no_round_after_it_is_refused() -> None:
    with pytest.raises(ValueError, match="has one round"):
        runbook(wait("away"), rounds=1)


def test_what_ends_by_itself_is_waited_for_and_nobody_is_asked(tmp_path: Path) -> None:
    with small(tmp_path, strengths={"away": 40.0}) as here:
        here.world.in_(10 * MINUTE, "away", 0.0)
        incident, closed = here.follow(runbook(wait("away"), mend("rest")))
        (over,) = here.facts(incident, WaitOver)
        assert closed.ending is Ending.RECOVERED
        assert (over.by, here.facts(incident, Requested), here.world.acts) == ("evidence", [], [])
        assert timedelta(minutes=10) <= over.took <= timedelta(minutes=13)
        assert "“Wait for away”: after" in closed.text
        assert "nothing was changed" in closed.text


def test_one_look_is_not_enough(tmp_path: Path) -> None:
    """It is fine for a moment in between: what is over is so in two looks in a row."""
    with small(tmp_path, strengths={"away": 40.0}) as here:
        here.world.in_(4.9 * MINUTE, "away", 0.0)
        here.world.in_(5.6 * MINUTE, "away", 40.0)
        here.world.in_(15 * MINUTE, "away", 0.0)
        incident, closed = here.follow(runbook(wait("away")))
        (over,) = here.facts(incident, WaitOver)
        answers = [fact.text for fact in here.facts(incident, Read) if fact.phase == "wait:wait_away"]
    assert closed.ending is Ending.RECOVERED
    assert over.took >= timedelta(minutes=15)
    assert answers == ["40 strong", "0 strong", "40 strong", "0 strong"]


def test_what_cannot_be_seen_is_not_over(tmp_path: Path) -> None:
    with small(tmp_path, strengths={"away": 40.0}) as here:
        first = clock.monotonic()
        here.world.sources["away"] = lambda: 40.0 if clock.monotonic() < first + 2 * MINUTE else blind()

        def blind() -> float:
            raise Permanent("It does not answer.")

        incident, closed = here.follow(runbook(wait("away", within=timedelta(minutes=5))))
        (over,) = here.facts(incident, WaitOver)
    assert (over.by, over.finding.answer) == ("time", Answer.UNKNOWN)
    assert closed.ending is Ending.UNRESOLVED


def test_when_its_time_is_up_all_is_judged_anew_and_the_next_treatment_comes(tmp_path: Path) -> None:
    waiting = wait("away", treats=AWAY, until=GONE, within=timedelta(minutes=10))
    with small(tmp_path, strengths={"away": 40.0}) as here:
        incident, closed = here.follow(runbook(waiting, THEN_MEND, hypotheses=(AWAY,)))
        keys = [entry.key for entry in here.journal.entries(incident)]
        (over,) = here.facts(incident, WaitOver)
    assert (over.by, closed.ending) == ("time", Ending.RESOLVED)
    assert over.took == pytest.approx(timedelta(minutes=10), abs=timedelta(seconds=61))
    assert keys.index("waited:wait_away") < keys.index("judged:after:wait_away") < keys.index("plan:mend_away")
    assert here.world.acts == ["apply away"]


def test_it_is_waited_once_in_an_incident(tmp_path: Path) -> None:
    with small(tmp_path, strengths={"away": 40.0}) as here:
        incident, closed = here.follow(runbook(wait("away", within=timedelta(minutes=5))))
        begun = here.facts(incident, WaitBegun)
    assert closed.ending is Ending.UNRESOLVED
    assert len(begun) == 1
    assert "Waited for 5 min" in closed.text


def test_what_was_waited_for_came_and_another_cause_is_at_work(tmp_path: Path) -> None:
    """The symptom is asked as well: that the provider is back does not make us well."""
    with small(tmp_path, strengths={"away": 40.0, "leak": 30.0}) as here:
        here.world.in_(10 * MINUTE, "away", 0.0)
        incident, closed = here.follow(runbook(wait("away"), mend("leak")))
        (over,) = here.facts(incident, WaitOver)
    assert over.held
    assert closed.ending is Ending.RESOLVED
    assert here.world.acts == ["apply leak"]


def test_the_symptom_that_is_gone_when_the_time_is_up_has_gone_by_itself(tmp_path: Path) -> None:
    with small(tmp_path, strengths={"away": 40.0, "rest": 0.0}) as here:
        book = runbook(wait("away", until=cause("never")[1], within=timedelta(minutes=5)), mend("rest"))
        here.world.strengths["never"] = 2.0
        here.world.in_(3 * MINUTE, "away", 0.0)
        incident, closed = here.follow(book)
        (over,) = here.facts(incident, WaitOver)
    assert (over.by, closed.ending) == ("time", Ending.RECOVERED)


def passes(here: Rehearsed, book: Runbook[Small, Params], minutes: int) -> str:
    """An incident that has waited for so long."""
    run = Run(id=str(uuid.uuid4()), starter="ada")
    for _ in range(minutes):
        assert not here.engine.during(run, partial(follow, book, Small, Params()))
        here.let_wait(run)
    incident = here.journal.incident_of(run.id)
    assert incident is not None
    return incident


def test_a_look_that_tells_nothing_new_leaves_no_entry(tmp_path: Path) -> None:
    book = runbook(wait("away"))
    with small(tmp_path, strengths={"away": 40.0}) as here:
        incident = passes(here, book, 20)
        entries = here.journal.entries(incident)
    assert sum(isinstance(entry.fact, TakenUp) for entry in entries) == 1
    assert sum(isinstance(entry.fact, Read) and entry.fact.phase == "wait:wait_away" for entry in entries) == 1


def test_when_the_monitor_says_that_it_is_over_it_is_not_waited_longer(tmp_path: Path) -> None:
    book = runbook(wait("away", until=cause("never")[1]))
    with small(tmp_path, strengths={"away": 40.0, "never": 2.0}) as here:
        incident = passes(here, book, 3)
        here.world.strengths["away"] = 0.0
        here.journal.append(incident, "joined:end", Joined(alert={"status": "resolved"}))
        run = Run(id=str(here.journal.entries(incident)[1].flow_run), starter="ada")
        assert here.engine.during(run, partial(follow, book, Small, Params()))
        (over,) = here.facts(incident, WaitOver)
        (closed,) = here.facts(incident, Closed)
    assert (over.by, closed.ending) == ("recovery", Ending.RECOVERED)


def test_the_watch_has_it_looked_each_minute_and_when_the_time_is_up(tmp_path: Path) -> None:
    book = runbook(wait("away", within=timedelta(seconds=150)))
    with small(tmp_path, strengths={"away": 40.0}) as here:
        incident = passes(here, book, 1)
        entries = here.journal.entries(incident)
        begun = next(entry.at for entry in entries if isinstance(entry.fact, WaitBegun))
        seconds = lambda many: begun + timedelta(seconds=many)  # noqa: E731 # four lines below read it
        assert not waits.due(entries, None, seconds(59))
        assert waits.due(entries, None, seconds(60))
        assert not waits.due(entries, seconds(60), seconds(119))
        assert waits.due(entries, seconds(120), seconds(150)), "its time is up before the next minute is"
        assert not waits.due(entries, seconds(150), seconds(151)), "it was let go a second ago"
        here.journal.append(incident, "closed", Closed(ending=Ending.UNRESOLVED, text="Somebody cancelled it."))
        assert not waits.due(here.journal.entries(incident), None, seconds(600))


def test_the_document_says_what_was_waited_for_and_how_it_ended(tmp_path: Path) -> None:
    book = runbook(wait("away"))
    with small(tmp_path, strengths={"away": 40.0}) as here:
        here.world.in_(10 * MINUTE, "away", 0.0)
        incident, _closed = here.follow(book)
        drawn = as_markdown(timeline(here.journal.entries(incident)))
        gone = [fact for fact in here.facts(incident, SymptomAsked) if fact.finding.answer is Answer.NO]
    assert len(gone) == 1
    for words in (
        "Waiting: Wait for away, until",
        "For this: away is weak.",
        "until it came",
        "| waiting |",
    ):
        assert words in drawn, words
    assert "Effect: none: it is waited" in drawn
    page = runbook_as_markdown(book)
    assert "*Nobody is asked and nothing is changed.* It ends by itself." in page
    assert "Waits until away is weak (`away`), 30 min at most" in page
