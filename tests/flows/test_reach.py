"""A plan that could not reach its own validation is refused, and nobody is asked."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from flows.rung.connection_exhaustion import RUNBOOK as CONNECTION_EXHAUSTION
from flows.rung.false_positive_alerts import RUNBOOK as FALSE_POSITIVE_ALERTS
from flows.rung.missing_alerts import RUNBOOK as MISSING_ALERTS
from flows.rung.slow_queries import RUNBOOK as SLOW_QUERIES
from flows.rung.workflow_not_triggering import RUNBOOK as WORKFLOW_NOT_TRIGGERING
from journal.facts.decided import Passed, Requested
from journal.facts.words import Ending
from runbook import Mitigation, Plan, Reading, Target, Unreadable
from tasks.cloudwatch.alarm_change import AlarmTarget
from tasks.cloudwatch.coverage import Coverage
from tasks.cloudwatch.noise import Noise
from tasks.n8n.change import WorkflowTarget
from tasks.n8n.delivery import Registration
from tasks.n8n.read import Webhooks, Workflow, Workflows
from tasks.plan import out_of_reach
from tasks.postgres.activity import Blocker, Blockers
from tasks.postgres.analyze import AnalyzeTarget
from tasks.postgres.doing import Sessions
from tasks.postgres.index import IndexTarget
from tasks.postgres.tables import Table, Tables
from tests.flows.small import Strong, mend, runbook, small

BOOKS = (CONNECTION_EXHAUSTION, SLOW_QUERIES, FALSE_POSITIVE_ALERTS, MISSING_ALERTS, WORKFLOW_NOT_TRIGGERING)
MITIGATIONS = [step for book in BOOKS for step in book.mitigations]
STEPS = {step.name: step for step in MITIGATIONS if isinstance(step, Mitigation)}
END_IDLE, CREATE = STEPS["end_idle_sessions"], STEPS["create_indexes"]
NOW = datetime(2026, 2, 3, 4, 0, tzinfo=UTC)


RECORDED = Path(__file__).parents[1] / "recorded" / "rung"


def recorded(book: str) -> Any:
    """What the symptom of a runbook was seen to be."""
    return next(iter(json.loads((RECORDED / f"{book}.json").read_text()).values()))["holds"]


def reading(probe: str, value: Any) -> dict[str, Any]:
    return {probe: Reading(probe=probe, at=NOW, took=timedelta(0), value=value)}


def sessions(**more: int) -> Sessions:
    none = dict.fromkeys(
        ("working", "active", "idle", "idle_long", "idle_in_transaction", "idle_in_transaction_long", "active_long"), 0
    )
    said: dict[str, Any] = {**none, "usable": 100, "total": 95, "server": 100, "others": 0, "elsewhere": {}}
    return Sessions(**{**said, "longest_active": timedelta(0), **more})


def plan(count: int, out_of: int) -> Plan[Any]:
    targets = tuple(Target(name=f"session {number}", before="open", after="ended") for number in range(count))
    return Plan(change="postgres.end", summary="End them.", targets=targets, out_of=out_of)


@pytest.mark.parametrize(
    ("step", "kind"),
    [
        ("end_idle_sessions", "idle_long"),
        ("end_idle_transactions", "idle_in_transaction_long"),
        ("stop_long_queries", "active_long"),
    ],
)
def test_ending_ten_of_ninety_is_refused_and_ending_all_is_not(step: str, kind: str) -> None:
    seen = reading("sessions", sessions(**{kind: 90}))
    why = out_of_reach(STEPS[step], plan(10, 90), seen)
    assert why is not None
    assert why.startswith(
        "The plan reaches 10 of 90, which is too little: even then it would not be so that fewer than"
    )
    assert out_of_reach(STEPS[step], plan(90, 90), seen) is None


def test_an_index_is_refused_while_another_large_table_would_still_be_read_from_end_to_end() -> None:
    scanned = Table(
        rows=10**6, size=10**8, dead=0, modified=0, analyzed=None, vacuumed=None, scans=9, scanned=9 * 10**6, lookups=1
    )
    quick = scanned.model_copy(update={"scans": 0, "scanned": 0})
    target = IndexTarget(name="i", before="none", after="an index", table="a", column="c", index="i")
    drawn = Plan(change="postgres.create_indexes", summary="Make it.", targets=(target,), out_of=1)
    for other, refused in ((scanned, True), (quick, False)):
        seen = Tables(tables={"a": scanned, "b": other}, between=timedelta(seconds=2), large=1000)
        assert (out_of_reach(CREATE, drawn, reading(CREATE.validated_by.probe.name, seen)) is not None) is refused


def test_what_nobody_saw_refuses_nothing() -> None:
    blind = Unreadable(probe="sessions", at=NOW, took=timedelta(0), why="denied")
    assert out_of_reach(END_IDLE, plan(10, 90), {"sessions": blind}) is None
    assert out_of_reach(END_IDLE, plan(10, 90), {}) is None


def test_nobody_is_asked_for_a_plan_that_is_out_of_reach(tmp_path: Path) -> None:
    short = mend("leak", expects=lambda r, _p: Strong(strength=max(0.0, r.strength - 10)))
    with small(tmp_path, strengths={"leak": 90.0}) as here:
        incident, closed = here.follow(runbook(short))
        (passed,) = here.facts(incident, Passed)
        assert here.facts(incident, Requested) == []
    assert here.world.acts == []
    assert (passed.by, closed.ending) == ("plan", Ending.UNRESOLVED)
    assert "even then it would not be so that leak is weak" in closed.text

    (tmp_path / "enough").mkdir()
    with small(tmp_path / "enough", strengths={"leak": 10.0}) as here:
        _, closed = here.follow(runbook(short))
    assert closed.ending is Ending.RESOLVED


def blocker(user: str, *, meant: bool, blocks: int = 2) -> Blocker:
    return Blocker(
        pid=7,
        started=NOW,
        user=user,
        application="batch",
        state="idle",
        open_for=timedelta(minutes=9),
        blocks=blocks,
        meant=meant,
    )


def test_ending_our_blockers_is_refused_while_others_wait_for_somebody_else_s() -> None:
    ours, theirs = blocker("rung_app", meant=True), blocker("reports", meant=False)
    young = blocker("rung_app", meant=False)
    for roots, refused in (((ours, theirs), True), ((ours,), False), ((ours, young), False)):
        seen = Blockers(waiting=4, roots=roots, unnamed=0)
        assert (out_of_reach(STEPS["end_blockers"], plan(1, 9), reading("blockers", seen)) is not None) is refused
    hidden = Blockers(waiting=3, roots=(ours,), unnamed=1)
    assert out_of_reach(STEPS["end_blockers"], plan(1, 9), reading("blockers", hidden)) is not None


def test_statistics_are_not_taken_anew_while_a_table_that_is_not_named_stays_stale() -> None:
    stale = Table(
        rows=1000, size=10**8, dead=0, modified=900, analyzed=None, vacuumed=None, scans=9, scanned=9000, lookups=1
    )
    target = AnalyzeTarget(name="a", before="never", after="now", table="a", analyzed=None)
    drawn = Plan(change="postgres.analyze_tables", summary="Take them.", targets=(target,), out_of=2)
    for others, refused in (({"b": stale}, True), ({}, False)):
        seen = Tables(tables={"a": stale, **others}, between=timedelta(seconds=2), large=1000)
        assert (out_of_reach(STEPS["analyze_tables"], drawn, reading("tables", seen)) is not None) is refused


@pytest.mark.parametrize(("limit", "refused"), [(14.0, True), (15.0, True), (16.0, False)])
def test_a_limit_that_values_of_the_window_are_still_beyond_is_refused(limit: float, refused: bool) -> None:
    seen = Noise.model_validate(recorded("false_positive_alerts")).model_copy(
        update={"limit": 10.0, "excess": 0.5, "runs": 3}
    )
    target = AlarmTarget(
        name="a", before="10", after=f"{limit}", alarm="a", saved="{}", new=f'{{"Threshold": {limit}}}'
    )
    drawn = Plan(change="cloudwatch.adjust_alarm", summary="Move it.", targets=(target,), out_of=1)
    upward = seen.model_copy(update={"for_little": False})
    assert (out_of_reach(STEPS["move_limit"], drawn, reading("noise", upward)) is not None) is refused
    little = seen.model_copy(update={"for_little": True})
    assert out_of_reach(STEPS["move_limit"], drawn, reading("noise", little)) is not None, "it goes the wrong way"


@pytest.mark.parametrize(
    ("step", "field"),
    [("put_alarms", "missing"), ("put_metric_filters", "filters_missing"), ("let_alarms_tell", "muted")],
)
def test_mending_one_alarm_of_two_is_refused(step: str, field: str) -> None:
    seen = Coverage.model_validate(recorded("missing_alerts"))
    seen = seen.model_copy(update={"missing": (), "elsewhere": (), field: ("a", "b")})
    for names, refused in ((("a",), True), (("a", "b"), False)):
        targets = tuple(Target(name=name, before="", after="") for name in names)
        drawn: Plan[Any] = Plan(change="x", summary="Mend them.", targets=targets, out_of=9)
        assert (out_of_reach(STEPS[step], drawn, reading("coverage", seen)) is not None) is refused


def test_switching_on_one_workflow_of_two_is_refused() -> None:
    both = tuple(Workflow(id=name, name=name, active=False, version="1", paths=(name,)) for name in ("a", "b"))
    seen = Registration(workflows=Workflows(wanted=("a", "b"), workflows=both), webhooks=Webhooks(methods={}))
    for names, refused in (("a", True), ("ab", False)):
        targets = tuple(WorkflowTarget(name=one, before="", after="", id=one, version="1") for one in names)
        drawn: Plan[Any] = Plan(change="x", summary="Switch on.", targets=targets, out_of=2)
        assert (out_of_reach(STEPS["activate_workflows"], drawn, reading("workflows", seen)) is not None) is refused
