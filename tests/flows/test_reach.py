"""A plan that could not reach its own validation is refused, and nobody is asked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from flows.rung.connection_exhaustion import RUNBOOK as CONNECTION_EXHAUSTION
from flows.rung.slow_queries import RUNBOOK as SLOW_QUERIES
from journal.facts.decided import Passed, Requested
from journal.facts.words import Ending
from runbook import Mitigation, Plan, Reading, Target, Unreadable
from tasks.plan import out_of_reach
from tasks.postgres.doing import Sessions
from tasks.postgres.index import IndexTarget
from tasks.postgres.tables import Table, Tables
from tests.flows.small import Strong, mend, runbook, small

MITIGATIONS = (*CONNECTION_EXHAUSTION.mitigations, *SLOW_QUERIES.mitigations)
STEPS = {step.name: step for step in MITIGATIONS if isinstance(step, Mitigation)}
END_IDLE, CREATE = STEPS["end_idle_sessions"], STEPS["create_indexes"]
NOW = datetime(2026, 2, 3, 4, 0, tzinfo=UTC)


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
