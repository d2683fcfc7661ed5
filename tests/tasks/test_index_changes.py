"""Indexes on a real server: built, taken back, and what happens when others are in the way."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from blocks.rung import Rung
from journal.facts.words import Answer
from runbook import Drifted, NotNeeded, NotSafe, Plan
from sandbox.rehearsal import wait
from sandbox.systems.rung.world import World
from tasks.postgres.index import CreateIndexes, CreateIndexesUnmeasured, IndexTarget
from tests.tasks.cases import DRIFTED, GUARDRAIL, NEEDED, NOT_NEEDED, UNDO, UNKNOWN, WARRANT, Guarded, planned
from tests.tasks.tables import indexes, indexes_unmeasured


def test_nothing_is_built_for_a_table_that_nobody_reads(env: Rung) -> None:
    told = indexes(env, large=100_000_000).plan()
    assert isinstance(told, NotNeeded)
    assert "No large table is read" in told.why


def test_a_column_that_nobody_wants_indexed_gets_no_index(env: Rung, scanned: None) -> None:
    assert isinstance(indexes(env, wanted=("sessions.client_id",)).plan(), NotNeeded)


@pytest.mark.case(CreateIndexes, NEEDED, NOT_NEEDED, DRIFTED, UNDO, GUARDRAIL)
def test_an_index_is_built_valid_and_can_be_taken_back(
    env: Rung, admin: psycopg.Connection, scanned: None, guarded: Guarded
) -> None:
    assert "nobody looked" not in str(built_and_taken_back(indexes(env), guarded).warnings)


@pytest.mark.case(CreateIndexesUnmeasured, NEEDED, NOT_NEEDED, DRIFTED, UNDO, GUARDRAIL)
def test_where_nobody_tells_the_free_storage_an_index_is_built_and_it_is_said(
    env: Rung, admin: psycopg.Connection, scanned: None, guarded: Guarded
) -> None:
    assert "nobody looked at the free storage" in built_and_taken_back(indexes_unmeasured(env), guarded).warnings[0]


def built_and_taken_back(change: CreateIndexesUnmeasured, guarded: Guarded) -> Plan[IndexTarget]:
    plan = planned(change)
    assert [target.name for target in plan.targets] == ["idx_audit_logs_created_at on audit_logs (created_at)"]
    guarded(plan)
    assert change.landed(plan)[0] is Answer.NO
    assert change.apply(plan, WARRANT).results[0].note == "built"
    assert change.landed(plan)[0] is Answer.YES
    with pytest.raises(Drifted, match="has an index by now"):
        change.apply(plan, WARRANT)
    assert isinstance(change.plan(), NotNeeded)
    assert change.undo(plan, WARRANT).results[0].done
    assert change.undone(plan)[0] is Answer.YES
    assert "left alone" in change.undo(plan, WARRANT).results[0].note
    return plan


def test_a_build_that_would_wait_for_an_old_transaction_is_not_planned(
    env: Rung, app: psycopg.Connection, scanned: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tasks.postgres.index.LONG", timedelta(milliseconds=100))
    app.autocommit = False
    app.execute("select 1")
    with pytest.raises(NotSafe, match="has had a transaction open"):
        indexes(env).plan()


def test_a_build_that_storage_has_no_room_for_is_not_planned(
    env: Rung, world: World, scanned: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloudwatch: Any = world.facts.aws.client("cloudwatch")  # a young world has no whole minute of its own yet
    free = {
        "MetricName": "FreeStorageSpace",
        "Dimensions": [{"Name": "DBInstanceIdentifier", "Value": env.db_instance}],
        "Timestamp": datetime.now(UTC) - timedelta(minutes=3),
        "Value": 20e9,
    }
    cloudwatch.put_metric_data(Namespace="AWS/RDS", MetricData=[free])
    monkeypatch.setattr("tasks.postgres.index.BYTES_PER_ENTRY", 10_000_000)
    with pytest.raises(NotSafe, match="add storage first"):
        indexes(env).plan()


def test_storage_that_nobody_could_see_is_said_in_the_plan(env: Rung, blind: Rung, scanned: None) -> None:
    assert any("free storage is unknown" in warning for warning in planned(indexes(env, aws=blind.aws)).warnings)


def test_a_build_that_others_hold_up_is_given_up_and_leaves_nothing_behind(
    env: Rung, admin: psycopg.Connection, app: psycopg.Connection, scanned: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A writer's open transaction outlasts the build's bound. What is left of it goes when the writer lets it."""
    monkeypatch.setattr("tasks.postgres.index.LOCKED", timedelta(milliseconds=300))
    change = indexes(env)
    plan = planned(change)
    app.autocommit = False
    app.execute("INSERT INTO audit_logs (event_type, action) VALUES ('login', 'open')")
    writer = threading.Timer(1.5, app.rollback)
    writer.start()
    outcome = change.apply(plan, WARRANT)
    writer.join()
    assert not outcome.ok
    assert outcome.results[0].note == "not built (LockNotAvailable); its remains were dropped"
    assert admin.execute("select count(*) from pg_index where not indisvalid").fetchone() == (0,)
    assert change.landed(plan)[0] is Answer.NO


def test_remains_that_cannot_go_are_said_loudly_and_undoing_says_so_too(
    env: Rung, admin: psycopg.Connection, app: psycopg.Connection, scanned: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tasks.postgres.index.LOCKED", timedelta(milliseconds=300))
    monkeypatch.setattr("tasks.postgres.index.PATIENT", timedelta(milliseconds=300))
    change = indexes(env)
    plan = planned(change)
    app.autocommit = False
    app.execute("INSERT INTO audit_logs (event_type, action) VALUES ('login', 'open')")
    assert "AN INVALID INDEX IS LEFT" in change.apply(plan, WARRANT).results[0].note
    assert not change.undo(plan, WARRANT).ok
    assert change.undone(plan)[0] is Answer.NO
    app.rollback()
    assert change.undo(plan, WARRANT).ok
    assert change.undone(plan)[0] is Answer.YES


def leave_invalid(admin: psycopg.Connection, app: psycopg.Connection) -> None:
    """What a build leaves behind that was stopped in the middle: an index that is there and not valid."""
    app.autocommit = False
    app.execute("INSERT INTO audit_logs (event_type, action) VALUES ('login', 'open')")
    admin.execute("SET lock_timeout = '300ms'")
    with pytest.raises(psycopg.errors.LockNotAvailable):
        admin.execute("CREATE INDEX CONCURRENTLY idx_audit_logs_created_at ON audit_logs (created_at)")
    app.rollback()
    app.autocommit = True


def test_an_invalid_leftover_counts_as_none_and_is_replaced(
    env: Rung, admin: psycopg.Connection, app: psycopg.Connection, scanned: None
) -> None:
    leave_invalid(admin, app)
    change = indexes(env)
    plan = planned(change)
    assert "left over" in plan.targets[0].before
    assert change.landed(plan)[0] is Answer.NO
    assert change.apply(plan, WARRANT).ok
    assert change.landed(plan)[0] is Answer.YES


def test_undoing_drops_an_invalid_leftover_too(
    env: Rung, admin: psycopg.Connection, app: psycopg.Connection, scanned: None
) -> None:
    plan = planned(indexes(env))
    leave_invalid(admin, app)
    assert indexes(env).undone(plan)[0] is Answer.NO
    assert indexes(env).undo(plan, WARRANT).ok
    assert indexes(env).undone(plan)[0] is Answer.YES


@pytest.mark.case(CreateIndexes, UNKNOWN)
@pytest.mark.case(CreateIndexesUnmeasured, UNKNOWN)
def test_while_an_index_is_being_built_nobody_can_say_and_nothing_is_planned(
    env: Rung, world: World, admin: psycopg.Connection, app: psycopg.Connection, scanned: None
) -> None:
    plan = planned(indexes(env))
    app.autocommit = False
    app.execute("INSERT INTO audit_logs (event_type, action) VALUES ('login', 'open')")
    builder = psycopg.connect(world.facts.database.admin(), autocommit=True)
    try:
        builder.pgconn.send_query(b"CREATE INDEX CONCURRENTLY idx_audit_logs_created_at ON audit_logs (created_at)")
        wait(lambda: indexes(env).landed(plan)[0] is Answer.UNKNOWN or None, within=60, what="the build to begin")
        assert indexes_unmeasured(env).landed(plan)[0] is Answer.UNKNOWN
        with pytest.raises(NotSafe, match="is being built"):
            indexes(env).plan()
    finally:
        app.rollback()
        builder.pgconn.get_result()
        builder.close()
    assert indexes(env).landed(plan)[0] is Answer.YES
