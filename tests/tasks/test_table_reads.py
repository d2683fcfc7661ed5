"""The looks of `rung.slow_queries` on a real server, and the faults that they are to see."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from blocks.rung import Rung
from runbook import Permanent
from sandbox import PostgresUnavailable, binaries
from sandbox.rehearsal import wait
from sandbox.systems.rung.wiring import rung
from sandbox.systems.rung.world import World
from tasks.postgres.activity import read_activity, read_blockers
from tasks.postgres.selection import SessionsOf
from tasks.postgres.statements import read_logging, read_statements
from tasks.postgres.tables import Tables
from tests.tasks.tables import BETWEEN, tables_of


def test_a_large_table_without_an_index_is_seen_while_it_is_read(env: Rung, scanned: None) -> None:
    read = tables_of(env)
    assert list(read.lacking()) == ["audit_logs"]
    assert read.lacking()["audit_logs"].unindexed == ("created_at",)
    assert read.scanned()["audit_logs"].rows_per_scan == pytest.approx(6000, rel=0.05)


def test_foreign_keys_without_an_index_are_named_without_being_asked_for(env: Rung) -> None:
    found = tables_of(env, wanted=()).tables
    assert found["clinical_briefs"].unindexed == ("session_id",)
    assert set(found["couple_links"].unindexed) == {"partner_a_id", "partner_b_id"}
    assert found["audit_logs"].unindexed == ()


def test_a_moment_without_any_reading_says_nothing_about_tables() -> None:
    quiet = Tables(tables={}, between=BETWEEN, large=5000)
    with pytest.raises(LookupError, match="no table was read"):
        quiet.scanned()


def test_activity_and_blockers_are_unreadable_to_a_role_that_sees_nobody(blind: Rung) -> None:
    with pytest.raises(Permanent, match="grant it pg_read_all_stats"):
        read_activity(blind.database, slow_after=timedelta(seconds=1), over=timedelta(seconds=0.2))
    with pytest.raises(Permanent, match="grant it pg_read_all_stats"):
        read_blockers(blind.database, SessionsOf(database="rung", role="rung_app", blocking_for=timedelta(0)))


def test_a_query_that_runs_for_long_is_seen_in_every_look(env: Rung, app: psycopg.Connection) -> None:
    app.pgconn.send_query(b"select pg_sleep(30)")

    def slow() -> bool | None:
        read = read_activity(env.database, slow_after=timedelta(seconds=0.2), over=timedelta(seconds=0.4))
        return True if read.busy == read.samples and read.longest > timedelta(seconds=0.2) else None

    assert wait(slow, within=60, what="a slow query")


def test_no_slow_query_leaves_open_what_slow_queries_wait_for(env: Rung) -> None:
    read = read_activity(env.database, slow_after=timedelta(minutes=10), over=timedelta(seconds=0.2))
    assert read.busy == 0
    with pytest.raises(LookupError):
        read.of_slow(read.locked)


def test_statements_are_unknown_where_nobody_counts_them(env: Rung) -> None:
    with pytest.raises(Permanent, match="CREATE EXTENSION pg_stat_statements"):
        read_statements(env.database)
    assert "not counted" in str(read_logging(env.database))


def test_statements_are_read_by_id_where_the_server_counts_them(tmp_path: Path) -> None:
    try:
        binaries.find("system")
    except PostgresUnavailable:
        pytest.skip("Debian's PostgreSQL is not installed")
    with World.start(tmp_path, postgres="system", max_connections=40) as world:
        env = rung(world.facts)
        with psycopg.connect(world.facts.dsn("rung_app"), autocommit=True) as app:
            for _ in range(5):
                app.execute("SELECT pg_sleep(0.2), 'anna.lindqvist'")
        read = read_statements(env.database)
        assert read.top[0].calls == 5
        assert timedelta(seconds=0.2) <= read.top[0].mean < timedelta(seconds=2)
        assert read.share == read.top[0].share > 0.2
        assert "lindqvist" not in read.model_dump_json()
        assert read_logging(env.database).counts_statements
        with pytest.raises(Permanent, match="pg_read_all_stats"):
            read_statements(rung(world.facts, reader="rung_blind").database)


@pytest.mark.parametrize("fault", ["missing_index", "stale_statistics", "lock_contention", "undersized_database"])
def test_each_fault_really_makes_users_wait_and_leaves_nothing_behind(world: World, env: Rung, fault: str) -> None:
    before = {name: table.rows for name, table in tables_of(env).tables.items()}
    world.break_(fault)
    assert world.suffers() == (fault,)
    world.heal()
    assert world.suffers() == ()
    after = tables_of(env).tables
    assert {name: table.rows for name, table in after.items()} == before
    assert not any(table.stale or table.invalid for table in after.values())


def test_the_decoy_shows_a_table_without_an_index_while_the_slow_queries_wait_for_a_lock(
    world: World, env: Rung
) -> None:
    world.break_("lock_contention", scans=True)
    try:
        assert "audit_logs" in tables_of(env, large=10_000).lacking()
        read = read_activity(env.database, slow_after=timedelta(milliseconds=50), over=timedelta(seconds=0.5))
        assert read.of_slow(read.locked) > 0.5
    finally:
        world.heal()
