"""Shared parts serve a system that knows nothing of ours: on a real server, with an environment that has a database."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from blocks.notifier import Notifier
from journal.facts.words import Standing
from runbook import CodeBlueError, Context, Facts, Form, Mitigation, Plan, Probe, Reading, Runbook, Unreadable
from runbook.judging import rank
from runbook.rendering import runbook_as_markdown
from sandbox.drills.carrying import ripe
from sandbox.rehearsal import wait
from sandbox.systems.rung.wiring import rung
from sandbox.systems.rung.world import World
from tests.typing import parts
from tests.typing.parts import CONNECTIONS, QUERIES, ConnectionParams, Ledger, QueryParams

SHORT = ConnectionParams(
    environment="ledger-prod",
    idle_for=timedelta(seconds=2),
    open_for=timedelta(seconds=2),
    active_for=timedelta(seconds=3),
    watched_for=timedelta(seconds=0.4),
)
BRIEF = QueryParams(
    environment="ledger-prod",
    slow_after=timedelta(milliseconds=50),
    watched_for=timedelta(seconds=1),
    between=timedelta(seconds=2.5),
    blocking_for=timedelta(milliseconds=500),
    indexes=("sessions.client_id", "clinical_briefs.session_id", "audit_logs.created_at"),
    tables=("clients", "sessions", "clinical_briefs", "audit_logs"),
)


@pytest.fixture
def world(running_world: World) -> Iterator[World]:
    yield running_world
    if running_world.broken:
        running_world.heal()


@pytest.fixture
def ledger(running_world: World) -> Ledger:
    """Its own kind of environment; of ours it has nothing but the server."""
    database = rung(running_world.facts).database
    return Ledger(notifier=Notifier(), database=database, application_user="rung_app")


def seen(runbook: Runbook[Any, Any], context: Context[Any, Any]) -> dict[str, Reading[Facts] | Unreadable]:
    """As the pipeline gathers: what cannot be seen (no pg_stat_statements here) is unreadable."""
    return {name: look(probe, context) for name, probe in runbook.probes().items()}


def look(probe: Probe[Any, Any, Facts], context: Context[Any, Any]) -> Reading[Facts] | Unreadable:
    now, took = datetime.now(UTC), timedelta(0)
    try:
        return Reading(probe=probe.name, at=now, took=took, value=probe.read(context))
    except CodeBlueError as blind:
        return Unreadable(probe=probe.name, at=now, took=took, why=str(blind))


@pytest.mark.parametrize(
    ("fault", "step"),
    [
        ("idle_leak", "end_idle_sessions"),
        ("idle_in_transaction", "end_idle_transactions"),
        ("long_queries", "stop_long_queries"),
        ("missing_index", "create_indexes"),
        ("stale_statistics", "analyze_tables"),
        ("lock_contention", "end_blockers"),
    ],
)
def test_the_cause_is_found_and_its_step_planned(fault: str, step: str, world: World, ledger: Ledger) -> None:
    slow = fault in {one.name for one in QUERIES.hypotheses}
    runbook, params = (QUERIES, BRIEF) if slow else (CONNECTIONS, SHORT)
    world.break_(fault)
    if not slow:
        wait(lambda: ripe(world.facts), within=90, what="the sessions to grow old")
    context = Context[Any, Form](env=ledger, params=params)
    first, *_ = rank(runbook.hypotheses, seen(runbook, context), unnamed=runbook.unnamed)
    assert (first.hypothesis, first.standing) == (fault, Standing.SUPPORTED)
    (treatment,) = [one for one in runbook.steps() if one.treats.name == fault]
    assert isinstance(treatment, Mitigation)
    assert treatment.name == step
    plan = treatment.change(context).plan()
    assert isinstance(plan, Plan), plan
    assert plan.targets


def test_a_runbook_names_the_rows_of_its_own_source_and_who_approves() -> None:
    text = runbook_as_markdown(CONNECTIONS)
    for said in ("`ledger.c1`", "`ledger.c2`", "`idle_leak`, prior 30%; source `ledger.h1`", "bookkeeper on-call"):
        assert said in text
    assert "the sessions are not the ledger's" in text
    assert "rung" not in text + runbook_as_markdown(QUERIES)


def test_the_same_part_is_given_to_two_runbooks_and_each_keeps_its_own_rows() -> None:
    other = parts.sessions.AskedSlots[Ledger, ConnectionParams](parts.sessions.slots("other.c9"))
    assert other.probe.source == "other.c9"
    assert parts.SLOTS.probe.source == "ledger.c1"
    assert other.saturated is other.saturated, "a sentence is made once, so that causes may share it"
