"""Every drill goes as expected: the right cause on top, the right change, and the world as it must be afterwards."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from journal.facts.seen import Verdict
from journal.facts.words import Ending, Standing
from sandbox.drills.carrying import carry_out
from sandbox.drills.drill import Drill, Outcome
from sandbox.drills.run import chosen, closing, drills, top_of
from sandbox.rehearsal import Rehearsal
from sandbox.within.rehearsal import ProcessRehearsal


@pytest.mark.parametrize("drill", list(drills()), ids=lambda drill: f"{drill.runbook}.{drill.name}")
def test_the_drill_goes_as_expected(drill: Drill, within: ProcessRehearsal) -> None:
    assert carry_out(drill, within).faults == ()


OWN_TIME = {
    "rung.workflow_not_triggering.restart_holds_for_20_s": {"bounds": {}},
    "rung.high_latency.provisioned_for_a_week": {"looked_at_after": timedelta(days=6)},
    "rung.connection_exhaustion.leak_goes_on_while_the_approval_waits": {"looked_at_after": timedelta(0)},
    "rung.users_cannot_log_in.no_connections": {"own_time": False},
}
"""Each drill in its own time, without that which only time brings about: a new task that hangs again, and so on."""


def test_the_drills_in_their_own_time_are_these() -> None:
    assert {f"{one.runbook}.{one.name}" for one in drills() if one.own_time} == OWN_TIME.keys()


@pytest.mark.parametrize("name", OWN_TIME)
def test_without_what_time_brings_about_such_a_drill_fails(name: str, within: ProcessRehearsal) -> None:
    (drill,) = chosen([name])
    assert carry_out(replace(drill, **OWN_TIME[name]), within).faults != ()


def test_only_within_one_process_is_there_time_for_a_week(rehearsal: Rehearsal) -> None:
    (drill,) = chosen(["rung.high_latency.provisioned_for_a_week"])
    (fault,) = carry_out(drill, rehearsal).faults
    assert "Only a rehearsal within one process can wait for that" in fault


WAYS = {
    "approved, and a second step": "rung.connection_exhaustion.honest_load",
    "rejected": "rung.high_latency.rejected",
    "a task for a person": "rung.s3_access_denied.encryption_key",
    "handed over": "rung.triage.missing_alerts",
    "false alarm": "rung.users_cannot_log_in.false_alarm",
    "blind": "rung.workflow_not_triggering.blind",
    "one change after another": "rung.connection_exhaustion.decoy_leak_and_queries",
}
"""One drill for each way through the engine."""


@pytest.mark.parametrize("name", WAYS.values(), ids=WAYS.keys())
def test_each_way_through_the_engine_goes_as_expected_by_the_whole_stack(name: str, rehearsal: Rehearsal) -> None:
    (drill,) = chosen([name])
    assert carry_out(drill, rehearsal).faults == ()


def test_drills_are_chosen_by_system_runbook_or_name() -> None:
    every = {drill.runbook for drill in drills()}
    assert {drill.runbook for drill in chosen(["rung"])} == {name for name in every if name.startswith("rung.")}
    assert {drill.runbook for drill in chosen(["rung.missing_alerts"])} == {"rung.missing_alerts"}
    assert [drill.name for drill in chosen(["rung.connection_exhaustion.blind"])] == ["blind"]
    assert chosen(["nothing"]) == []


def outcome(top: str | None, found: str | None, **more: object) -> Outcome:
    verdict = found and Verdict(
        hypothesis=found,
        claim="It is.",
        standing=Standing.SUPPORTED,
        score=0.8,
        prior=0.3,
        speaks_for=(),
        speaks_against=(),
    )
    drill = Drill(
        name="d", runbook="rung.x", alert="X", ending=Ending.RESOLVED, top=top, applied=(), healthy=True, **more
    )
    faults = () if top == found else ("wrong",)
    return Outcome(
        drill=drill, incident="INC", ending=Ending.RESOLVED, top=verdict, applied=(), healthy=True, faults=faults
    )


def test_the_last_line_says_how_often_the_right_cause_came_first() -> None:
    shown = [outcome("leak", "leak"), outcome("leak", "load", decoy=True), outcome(None, None)]
    assert closing(shown) == ("2 passed, 1 failed; the right cause came first in 1 of 2 (50%), 1 of them decoys")
    assert closing([outcome(None, None)]) == "1 passed, 0 failed"


def test_the_table_shows_the_score_and_whether_the_cause_is_right() -> None:
    assert top_of(outcome("leak", "leak")) == ("leak supported", "80%", "yes")
    assert top_of(outcome("leak", None)) == ("none", "", "NO")
    assert top_of(outcome(None, None)) == ("none", "", "")
