"""Waits under what goes wrong around them: a watch that dies, a clock that jumps, passes too many."""

from __future__ import annotations

import uuid
from datetime import timedelta
from functools import partial
from pathlib import Path

from flows.follow import follow
from journal import clock, policy, shadow, switches, waits
from journal.facts.closed import Closed
from journal.facts.decided import Requested
from journal.facts.opened import Joined
from journal.facts.waited import WaitBegun, WaitOver
from journal.facts.words import Answer, Channel, Ending
from runbook import Escalation, Level, Permanent, Runbook
from tasks.engine import Run
from tests.flows.small import Params, Rehearsed, Small, cause, mend, runbook, small, wait
from tests.flows.test_waits import AWAY, GONE, MINUTE, passes

AT_ONCE = Escalation(
    issue="Small",
    source="devised",
    levels=(Level(name="L1", after=timedelta(minutes=5)), Level(name="L2", after=timedelta(minutes=10))),
)


def again(here: Rehearsed, incident: str, book: Runbook[Small, Params]) -> bool:
    """Another pass of its run; whether it ended."""
    run = Run(id=str(here.journal.entries(incident)[1].flow_run), starter="ada")
    return here.engine.during(run, partial(follow, book, Small, Params()))


def pages(here: Rehearsed, incident: str) -> list[str]:
    return [page.name for page in policy.due(here.journal.entries(incident), clock.now())]


def test_the_watch_is_dead_beyond_the_time_of_the_wait_and_people_are_paged(tmp_path: Path) -> None:
    """Held while it is waited; from its time on the levels begin anew, although nobody wrote that it is over."""
    book = runbook(wait("away", within=timedelta(minutes=30)), escalation=AT_ONCE)
    with small(tmp_path, strengths={"away": 40.0}) as here:
        incident = passes(here, book, 2)
        here.clock.sleep(20 * MINUTE)
        assert pages(here, incident) == []
        here.clock.sleep(20 * MINUTE)
        assert len(pages(here, incident)) == 2
        again(here, incident, book)
        assert here.facts(incident, WaitOver)


def test_the_watch_comes_back_after_the_time_and_it_is_over(tmp_path: Path) -> None:
    book = runbook(wait("away", within=timedelta(minutes=30)))
    with small(tmp_path, strengths={"away": 40.0}) as here:
        incident = passes(here, book, 2)
        here.clock.sleep(3 * 60 * MINUTE)
        here.world.strengths["away"] = 0.0
        assert again(here, incident, book)
        (over,), (closed,) = here.facts(incident, WaitOver), here.facts(incident, Closed)
    assert (over.by, closed.ending) == ("time", Ending.RECOVERED)


def test_unknown_between_two_looks_that_hold_is_not_in_a_row(tmp_path: Path) -> None:
    with small(tmp_path, strengths={"away": 40.0, "model": 30.0}) as here:
        began = clock.monotonic()

        def strength() -> float:
            minute = (clock.monotonic() - began) // MINUTE
            if minute in {3, 5, 7}:
                return 0.0
            if minute in {4, 6, 8}:
                raise Permanent("It does not answer.")
            return 40.0

        here.world.sources["away"] = strength
        here.world.total = lambda: 40.0  # type: ignore[method-assign] # the world turns out otherwise
        incident, _ = here.follow(runbook(wait("away", within=timedelta(minutes=12))))
        (over,) = here.facts(incident, WaitOver)
    assert over.by == "time"


def test_a_clock_that_is_set_back_does_not_stop_the_looks(tmp_path: Path) -> None:
    """The next look is due within a minute, whatever the watch remembers."""
    book = runbook(wait("away"))
    with small(tmp_path, strengths={"away": 40.0}) as here:
        incident = passes(here, book, 5)
        entries, now = here.journal.entries(incident), clock.now()
        back = now - timedelta(hours=1)
        assert waits.due(entries, now, back + timedelta(minutes=1))
        assert waits.due(entries, None, back + timedelta(minutes=1))
        assert not waits.due(entries, back, back + timedelta(seconds=30))
        assert waits.due(entries, back, back + timedelta(seconds=60))


def test_a_clock_that_is_set_back_makes_a_wait_no_longer(tmp_path: Path) -> None:
    """A wait whose time was once up, as the record tells, is up."""
    book = runbook(wait("away", within=timedelta(minutes=10)))
    with small(tmp_path, strengths={"away": 40.0}) as here:
        incident = passes(here, book, 5)
        here.clock.sleep(20 * MINUTE)
        here.journal.append(incident, "joined:late", Joined(alert={"status": "firing"}))
        here.clock.set_back(60 * MINUTE)
        again(here, incident, book)
        assert [one.by for one in here.facts(incident, WaitOver)] == ["time"]


def test_set_back_between_two_looks_that_hold(tmp_path: Path) -> None:
    """It is over at the next looks, not an hour later."""
    book = runbook(wait("away"))
    with small(tmp_path, strengths={"away": 40.0}) as here:
        incident = passes(here, book, 3)
        here.world.strengths["away"] = 0.0
        again(here, incident, book)
        here.clock.set_back(60 * MINUTE)
        ended = []
        for _ in range(3):
            here.clock.sleep(MINUTE)
            ended.append(again(here, incident, book))
        assert ended[-1] or ended[1]
        (over,) = here.facts(incident, WaitOver)
        assert over.by == "evidence"
        assert over.took >= timedelta(0)


def test_a_clock_that_jumps_ahead_ends_it_by_time_and_all_is_judged_anew(tmp_path: Path) -> None:
    book = runbook(
        wait("away", treats=AWAY, until=GONE), mend("away", treats=AWAY, validated_by=GONE), hypotheses=(AWAY,)
    )
    with small(tmp_path, strengths={"away": 40.0}) as here:
        incident = passes(here, book, 2)
        here.clock.sleep(2 * 60 * MINUTE)
        assert not again(here, incident, book)
        assert [one.by for one in here.facts(incident, WaitOver)] == ["time"]
        assert len(here.facts(incident, Requested)) == 1
        assert here.world.acts == []


def test_two_passes_at_once_are_no_two_looks_in_a_row(tmp_path: Path) -> None:
    book = runbook(wait("away"))
    with small(tmp_path, strengths={"away": 40.0}) as here:
        incident = passes(here, book, 2)
        here.world.strengths["away"] = 0.0
        other = Run(id=str(uuid.uuid4()), tags=(f"incident:{incident}",), starter="codeblue")
        assert not again(here, incident, book)
        here.clock.sleep(1.0)
        assert not here.engine.during(other, partial(follow, book, Small, Params()))
        assert not again(here, incident, book)
        assert here.facts(incident, WaitOver) == []


def test_the_monitor_is_content_and_the_symptom_is_there(tmp_path: Path) -> None:
    book = runbook(wait("away"))
    with small(tmp_path, strengths={"away": 40.0}) as here:
        incident = passes(here, book, 3)
        here.journal.append(incident, "joined:end", Joined(alert={"status": "resolved"}))
        assert not again(here, incident, book)
        assert here.facts(incident, WaitOver) == []
        here.world.strengths["away"] = 0.0
        here.journal.append(incident, "joined:fires", Joined(alert={"status": "firing"}))
        here.clock.sleep(MINUTE)
        assert not again(here, incident, book)
        here.journal.append(incident, "joined:end2", Joined(alert={"status": "resolved"}))
        assert again(here, incident, book)


def test_it_came_and_the_symptom_cannot_be_seen_then(tmp_path: Path) -> None:
    """Neither Recovered nor a change: nobody sees whether it is over."""
    with small(tmp_path, strengths={"away": 40.0}) as here:
        here.world.in_(5 * MINUTE, "away", 0.0)
        here.world.blind["failing"] = (0.0, Permanent("No more."))
        look = here.world.look

        def blind(what: str) -> None:
            if what == "failing" and here.journal.of_kind("wait_begun"):
                raise Permanent("No more.")
            look(what)

        here.world.look = blind  # type: ignore[method-assign] # the world turns out otherwise
        incident, closed = here.follow(runbook(wait("away")))
        (over,) = here.facts(incident, WaitOver)
    assert over.by == "evidence"
    assert closed.ending is Ending.UNRESOLVED


def test_a_sentence_that_fails_is_unknown_and_ends_no_pass(tmp_path: Path) -> None:
    of, _ = cause("away")
    broken = of.supported_by[0].probe.shows("it is gone", lambda _r: 1 / 0 > 1)
    with small(tmp_path, strengths={"away": 40.0}) as here:
        incident, _ = here.follow(runbook(wait("away", treats=of, until=broken, within=timedelta(minutes=5))))
        (over,) = here.facts(incident, WaitOver)
    assert (over.by, over.finding.answer) == ("time", Answer.UNKNOWN)


def test_a_stop_switch_does_not_end_a_wait(tmp_path: Path) -> None:
    with small(tmp_path, strengths={"away": 40.0}) as here:
        here.world.in_(6 * MINUTE, "away", 0.0)
        switches.stop(here.journal, by="ana", why="a trial")
        _, closed = here.follow(runbook(wait("away")))
    assert closed.ending is Ending.RECOVERED


def test_shadow_switched_on_during_a_wait(tmp_path: Path) -> None:
    """It is waited on; what comes next is not asked, and nobody is paged."""
    book = runbook(
        wait("away", treats=AWAY, until=GONE, within=timedelta(minutes=5)),
        mend("away", treats=AWAY, validated_by=GONE),
        hypotheses=(AWAY,),
    )
    with small(tmp_path, strengths={"away": 40.0}) as here:
        incident = passes(here, book, 3)
        shadow.turn(here.journal, "small", on=True, by="ana", why="a trial")
        for _ in range(60):
            here.clock.sleep(MINUTE)
            if again(here, incident, book):
                break
        (closed,) = here.facts(incident, Closed)
        assert here.facts(incident, Requested) == []
        assert len(here.facts(incident, WaitBegun)) == 1
    assert closed.ending is Ending.UNRESOLVED
    assert "In shadow" in closed.text


def test_who_takes_it_over_is_left_alone_and_it_is_waited_on(tmp_path: Path) -> None:
    book = runbook(wait("away"), escalation=AT_ONCE)
    with small(tmp_path, strengths={"away": 40.0}) as here:
        incident = passes(here, book, 2)
        policy.acknowledge(here.journal, incident, by="ana lima", channel=Channel.CLI, why="mine")
        here.clock.sleep(50 * MINUTE)
        assert pages(here, incident) == []
        here.world.strengths["away"] = 0.0
        assert again(here, incident, book)


def test_flapping_is_never_over(tmp_path: Path) -> None:
    with small(tmp_path, strengths={"away": 40.0}) as here:
        began = clock.monotonic()
        here.world.sources["away"] = lambda: 0.0 if (clock.monotonic() - began) // MINUTE % 2 else 40.0
        here.world.total = lambda: 40.0  # type: ignore[method-assign] # the world turns out otherwise
        incident, _ = here.follow(runbook(wait("away", within=timedelta(minutes=20))))
        (over,) = here.facts(incident, WaitOver)
    assert over.by == "time"


def test_the_alert_repeats_during_a_wait_and_joins(tmp_path: Path) -> None:
    book = runbook(wait("away"))
    with small(tmp_path, strengths={"away": 40.0}) as here:
        incident = passes(here, book, 2)
        for number in range(30):
            here.journal.append(incident, f"joined:{number}", Joined(alert={"status": "firing"}))
        here.world.in_(3 * MINUTE, "away", 0.0)
        for _ in range(8):
            here.clock.sleep(MINUTE)
            if again(here, incident, book):
                break
        assert [one.ending for one in here.facts(incident, Closed)] == [Ending.RECOVERED]


def test_two_waits_one_after_the_other(tmp_path: Path) -> None:
    book = runbook(
        wait("away", within=timedelta(minutes=5)),
        wait("far", within=timedelta(minutes=9)),
    )
    with small(tmp_path, strengths={"away": 40.0, "far": 40.0}) as here:
        here.world.in_(14 * MINUTE, "far", 0.0)
        here.world.in_(3 * MINUTE, "away", 0.0)
        incident, closed = here.follow(book)
        assert [one.mitigation for one in here.facts(incident, WaitOver)] == ["wait_away", "wait_far"]
    assert closed.ending is Ending.RECOVERED
