"""A shadow under what goes wrong around it: no process is held, clocks jump, it is lifted and comes again."""

from __future__ import annotations

import uuid
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from flows.follow import follow
from journal import clock, policy, shadow, waits
from journal.facts.closed import Closed
from journal.facts.decided import Requested
from journal.facts.opened import Joined, TakenUp
from journal.facts.seen import SymptomAsked
from journal.facts.shadow import Shadowed, Would
from journal.facts.words import Channel, Ending
from journal.shadow_report import shades
from journal.verify import verify
from tasks.engine import Run
from tests.flows.small import Params, Rehearsed, Small, mend, runbook, small
from tests.flows.test_shadow import AN_HOUR, task, turn

MINUTE = 60.0
BOOK = runbook(mend("model"), escalation=AN_HOUR)


def one_pass(here: Rehearsed, run: Run) -> bool:
    """Whether the incident of a run ended in a pass of it."""
    return here.engine.during(run, partial(follow, BOOK, Small, Params()))


def begun(here: Rehearsed) -> tuple[Run, str]:
    """An incident in shadow whose first pass is over."""
    turn(here)
    run = Run(id=str(uuid.uuid4()), starter="ada")
    assert not one_pass(here, run)
    incident = here.journal.incident_of(run.id)
    assert incident is not None
    return run, incident


def looks(here: Rehearsed, incident: str) -> int:
    return sum(one.phase.startswith("shadow:") for one in here.facts(incident, SymptomAsked))


def test_no_process_is_held_between_two_looks(tmp_path: Path) -> None:
    with small(tmp_path, strengths={"model": 30.0}) as here:
        began = clock.monotonic()
        run, incident = begun(here)
        assert clock.monotonic() == began
        passes = 1
        while not one_pass(here, run):
            here.clock.sleep(MINUTE)
            passes += 1
        assert passes == 16
        assert looks(here, incident) == 5
        assert len(here.facts(incident, TakenUp)) == 1
        assert verify(here.journal).intact


def test_the_watch_is_told_when_a_look_is_due_and_that_the_shadow_is_lifted(tmp_path: Path) -> None:
    with small(tmp_path, strengths={"model": 30.0}) as here:
        run, incident = begun(here)
        entries, now = here.journal.entries(incident), clock.now()
        assert not waits.due(entries, None, now + timedelta(seconds=179))
        assert waits.due(entries, None, now + timedelta(seconds=180))
        assert not waits.due(entries, now + timedelta(seconds=180), now + timedelta(seconds=190))
        assert waits.due(entries, None, now + timedelta(seconds=15), lifted=True)
        here.clock.sleep(180.0)
        one_pass(here, run)
        assert not waits.due(here.journal.entries(incident), None, clock.now() + timedelta(seconds=179))
        here.journal.append(incident, "closed", Closed(ending=Ending.UNRESOLVED, text="Somebody cancelled it."))
        assert not waits.due(here.journal.entries(incident), None, clock.now() + timedelta(hours=1))


def test_what_an_earlier_version_began_is_looked_at_as_well(tmp_path: Path) -> None:
    old = '{"kind": "shadowed", "on": true, "by": "ana", "why": "a trial", "would": "change"}'
    assert Shadowed.model_validate_json(old).every == timedelta(minutes=3)


def test_a_clock_that_is_set_back_makes_no_two_looks_of_one(tmp_path: Path) -> None:
    with small(tmp_path, strengths={"model": 30.0}) as here:
        run, incident = begun(here)
        here.clock.sleep(180.0)
        one_pass(here, run)
        here.world.strengths["model"] = 0.0
        here.clock.set_back(3600.0)
        assert not one_pass(here, run)
        assert not one_pass(here, run)
        assert looks(here, incident) == 2
        here.clock.sleep(180.0)
        assert one_pass(here, run)
        assert [one.ending for one in here.facts(incident, Closed)] == [Ending.RECOVERED]


def test_a_clock_that_jumps_ahead_makes_one_look(tmp_path: Path) -> None:
    with small(tmp_path, strengths={"model": 30.0}) as here:
        run, incident = begun(here)
        here.clock.sleep(7 * 3600.0)
        assert not one_pass(here, run)
        assert looks(here, incident) == 1


def test_an_alert_that_repeats_joins_and_pages_nobody(tmp_path: Path) -> None:
    with small(tmp_path, strengths={"model": 30.0}) as here:
        run, incident = begun(here)
        for number in range(20):
            here.clock.sleep(MINUTE)
            here.journal.append(incident, f"joined:{number}", Joined(alert={"status": "firing"}))
            entries = here.journal.entries(incident)
            assert policy.due(entries, clock.now(), quiet=shadow.quiet(here.journal)) == ()
            if one_pass(here, run):
                break
        (closed,) = here.facts(incident, Closed)
        assert closed.ending is Ending.UNRESOLVED
        assert len(here.facts(incident, Shadowed)) == 1


def test_two_runs_at_once_make_no_look_too_many(tmp_path: Path) -> None:
    with small(tmp_path, strengths={"model": 30.0}) as here:
        run, incident = begun(here)
        other = Run(id=str(uuid.uuid4()), tags=(f"incident:{incident}",), starter="codeblue")
        here.clock.sleep(180.0)
        assert not one_pass(here, run)
        assert not one_pass(here, other)
        assert looks(here, incident) == 1


def test_lifted_and_back_between_two_looks_it_is_in_shadow_as_before(tmp_path: Path) -> None:
    with small(tmp_path, strengths={"model": 30.0}) as here:
        run, incident = begun(here)
        turn(here, on=False)
        turn(here)
        here.clock.sleep(180.0)
        assert not one_pass(here, run)
        assert [one.on for one in here.facts(incident, Shadowed)] == [True]
        assert here.facts(incident, Requested) == []


def test_lifted_it_is_asked_and_in_shadow_again_the_yes_does_not_count(tmp_path: Path) -> None:
    with small(tmp_path, strengths={"model": 30.0}) as here:
        run, incident = begun(here)
        turn(here, on=False)
        here.clock.sleep(15.0)
        assert not one_pass(here, run)
        assert len(here.facts(incident, Requested)) == 1
        turn(here)
        with pytest.raises(Exception, match="in shadow"):
            here.answer(run, yes=True)
        here.clock.sleep(3600.0)
        for _ in range(8):
            here.clock.sleep(180.0)
            if one_pass(here, run):
                break
        assert here.world.acts == []
        assert [one.on for one in here.facts(incident, Shadowed)] == [True, False, True]
        assert [one.would for one in shades(here.journal, clock.now() - timedelta(days=1)).incidents] == [Would.CHANGE]


def test_turned_on_while_a_task_waits_its_answer_is_heard_and_nothing_more_is_asked(tmp_path: Path) -> None:
    with small(tmp_path, strengths={"model": 30.0}) as here:
        asked: list[int] = []

        def yes() -> bool:
            asked.append(1)
            if len(asked) == 1:
                turn(here)
            return True

        incident, closed = here.follow(runbook(task("model"), mend("rest")), yes=yes)
        assert closed.ending is Ending.UNRESOLVED
        assert len(asked) == 1
        assert here.world.acts == []
        assert here.facts(incident, Requested) == []


def test_a_person_who_took_it_over_before_is_left_alone(tmp_path: Path) -> None:
    with small(tmp_path, strengths={"model": 30.0}) as here:
        _run, incident = begun(here)
        policy.acknowledge(here.journal, incident, by="ana lima", channel=Channel.CLI, why="mine")
        turn(here, on=False)
        entries = here.journal.entries(incident)
        assert policy.due(entries, clock.now() + timedelta(days=1), quiet=shadow.quiet(here.journal)) == ()


def test_a_report_over_an_empty_period_has_nothing_and_fails_nowhere(tmp_path: Path) -> None:
    with small(tmp_path) as here:
        assert shades(here.journal, clock.now() + timedelta(days=1)).incidents == ()
