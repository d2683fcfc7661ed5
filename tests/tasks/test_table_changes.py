"""The looks and changes of `rung.slow_queries` on a real server, and what they do when others are in the way."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from blocks.rung import Rung
from journal.facts.words import Act, Answer
from runbook import Drifted, NotNeeded, NotSafe, Permanent, Plan, Warrant
from sandbox import PostgresUnavailable, binaries
from sandbox.crowd import Crowd
from sandbox.rehearsal import wait
from sandbox.users import REFRESHED, run
from sandbox.wiring import rung
from sandbox.world import World
from tasks.postgres.activity import read_activity, read_blockers
from tasks.postgres.analyze import AnalyzeTables
from tasks.postgres.index import CreateIndexes, IndexTarget
from tasks.postgres.statements import read_logging, read_statements
from tasks.postgres.tables import Tables, read_tables
from tasks.postgres.unblock import EndBlockers

WARRANT = Warrant(incident="INC-TEST", mitigation="test", digest="0" * 16, act=Act.APPLY, by="test")
WANTED = ("audit_logs.created_at", "sessions.client_id")
BETWEEN = timedelta(seconds=1.2)
"""A server tells what its sessions did at most once a second."""

REPORT = "SELECT count(*) FROM audit_logs WHERE created_at > now() - interval '1 minute'"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World.start(tmp_path_factory.mktemp("world"), max_connections=40) as running:
        run(running.facts.database, REFRESHED)  # a copied template knows nothing of its rows
        yield running


@pytest.fixture(scope="module")
def env(world: World) -> Rung:
    return rung(world.facts)


@pytest.fixture(scope="module")
def blind(world: World) -> Rung:
    return rung(world.facts, reader="rung_blind", blind_aws=True)


@pytest.fixture
def app(world: World) -> Iterator[psycopg.Connection]:
    connection = psycopg.connect(world.facts.dsn("rung_app", application_name="table-test"), autocommit=True)
    yield connection
    connection.close()  # not by `with`, which commits: some of these sessions were ended


@pytest.fixture
def admin(world: World) -> Iterator[psycopg.Connection]:
    with psycopg.connect(world.facts.database.admin(), autocommit=True) as connection:
        yield connection
        for name in ("idx_audit_logs_created_at", "idx_sessions_client_id"):
            connection.execute(f"DROP INDEX IF EXISTS {name}")


def tables_of(env: Rung, **more: Any) -> Tables:
    return read_tables(env.database, **{"wanted": WANTED, "large": 5000, "between": BETWEEN, **more})


def create(env: Rung, **more: Any) -> CreateIndexes:
    given: dict[str, Any] = {
        "database": env.database,
        "wanted": WANTED,
        "large": 5000,
        "between": BETWEEN,
        "aws": env.aws,
    }
    return CreateIndexes(**{**given, "instance": env.db_instance, **more})


class Reading:
    """A client that reads a table from end to end while something else is looked at."""

    def __init__(self, world: World) -> None:
        self._world = world

    def __enter__(self) -> None:
        self._crowd = Crowd(
            "querying",
            home=self._world.facts.home,
            name="reading",
            lives_for=timedelta(minutes=2),
            dsn=self._world.facts.dsn("rung_app", application_name="table-test-reading"),
            statement=REPORT,
            clients=1,
            think=0.05,
        )
        wait(lambda: self._crowd.count()["alive"] or None, within=10, what="the reader")

    def __exit__(self, *_: object) -> None:
        self._crowd.stop()


@pytest.fixture
def scanned(world: World) -> Iterator[None]:
    with Reading(world):
        yield


def planned(change: CreateIndexes) -> Plan[IndexTarget]:
    plan = change.plan()
    assert isinstance(plan, Plan), plan
    return plan


# -- looks -------------------------------------------------------------------------------------------------------------


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
        read_blockers(blind.database)


def test_a_query_that_runs_for_long_is_seen_in_every_look(env: Rung, app: psycopg.Connection) -> None:
    app.pgconn.send_query(b"select pg_sleep(30)")

    def slow() -> bool | None:
        read = read_activity(env.database, slow_after=timedelta(seconds=0.2), over=timedelta(seconds=0.4))
        return True if read.busy == read.samples and read.longest > timedelta(seconds=0.2) else None

    assert wait(slow, within=10, what="a slow query")


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


# -- indexes -----------------------------------------------------------------------------------------------------------


def test_nothing_is_built_for_a_table_that_nobody_reads(env: Rung) -> None:
    told = create(env, large=100_000_000).plan()
    assert isinstance(told, NotNeeded)
    assert "No large table is read" in told.why


def test_a_column_that_nobody_wants_indexed_gets_no_index(env: Rung, scanned: None) -> None:
    assert isinstance(create(env, wanted=("sessions.client_id",)).plan(), NotNeeded)


def test_an_index_is_built_valid_and_can_be_taken_back(env: Rung, admin: psycopg.Connection, scanned: None) -> None:
    change = create(env)
    plan = planned(change)
    assert [target.name for target in plan.targets] == ["idx_audit_logs_created_at on audit_logs (created_at)"]
    assert change.landed(plan)[0] is Answer.NO
    assert change.apply(plan, WARRANT).results[0].note == "built"
    assert change.landed(plan)[0] is Answer.YES
    with pytest.raises(Drifted, match="has an index by now"):
        change.apply(plan, WARRANT)
    assert isinstance(create(env).plan(), NotNeeded)
    assert change.undo(plan, WARRANT).results[0].done
    assert change.undone(plan)[0] is Answer.YES
    assert "left alone" in change.undo(plan, WARRANT).results[0].note


def test_a_build_that_would_wait_for_an_old_transaction_is_not_planned(
    env: Rung, app: psycopg.Connection, scanned: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tasks.postgres.index.LONG", timedelta(milliseconds=100))
    app.autocommit = False
    app.execute("select 1")
    with pytest.raises(NotSafe, match="has had a transaction open"):
        create(env).plan()


def test_a_build_that_storage_has_no_room_for_is_not_planned(
    env: Rung, scanned: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tasks.postgres.index.BYTES_PER_ENTRY", 10_000_000)
    with pytest.raises(NotSafe, match="add storage first"):
        create(env).plan()


def test_storage_that_nobody_could_see_is_said_in_the_plan(env: Rung, blind: Rung, scanned: None) -> None:
    assert any("free storage is unknown" in warning for warning in planned(create(env, aws=blind.aws)).warnings)


def test_a_build_that_others_hold_up_is_given_up_and_leaves_nothing_behind(
    env: Rung, admin: psycopg.Connection, app: psycopg.Connection, scanned: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A writer's open transaction outlasts the build's bound. What is left of it goes when the writer lets it."""
    monkeypatch.setattr("tasks.postgres.index.LOCKED", timedelta(milliseconds=300))
    change = create(env)
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
    change = create(env)
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
    change = create(env)
    plan = planned(change)
    assert "left over" in plan.targets[0].before
    assert change.landed(plan)[0] is Answer.NO
    assert change.apply(plan, WARRANT).ok
    assert change.landed(plan)[0] is Answer.YES


def test_undoing_drops_an_invalid_leftover_too(
    env: Rung, admin: psycopg.Connection, app: psycopg.Connection, scanned: None
) -> None:
    plan = planned(create(env))
    leave_invalid(admin, app)
    assert create(env).undone(plan)[0] is Answer.NO
    assert create(env).undo(plan, WARRANT).ok
    assert create(env).undone(plan)[0] is Answer.YES


def test_while_an_index_is_being_built_nobody_can_say_and_nothing_is_planned(
    env: Rung, world: World, admin: psycopg.Connection, app: psycopg.Connection, scanned: None
) -> None:
    plan = planned(create(env))
    app.autocommit = False
    app.execute("INSERT INTO audit_logs (event_type, action) VALUES ('login', 'open')")
    builder = psycopg.connect(world.facts.database.admin(), autocommit=True)
    try:
        builder.pgconn.send_query(b"CREATE INDEX CONCURRENTLY idx_audit_logs_created_at ON audit_logs (created_at)")
        wait(lambda: create(env).landed(plan)[0] is Answer.UNKNOWN or None, within=10, what="the build to begin")
        with pytest.raises(NotSafe, match="is being built"):
            create(env).plan()
    finally:
        app.rollback()
        builder.pgconn.get_result()
        builder.close()
    assert create(env).landed(plan)[0] is Answer.YES


# -- statistics --------------------------------------------------------------------------------------------------------


@pytest.fixture
def stale(world: World) -> Iterator[None]:
    run(world.facts.database, "ALTER TABLE clients SET (autovacuum_enabled = off)", REFRESHED)
    run(world.facts.database, "UPDATE clients SET therapist_id = therapist_id WHERE id <= 300")
    yield
    run(world.facts.database, "ALTER TABLE clients RESET (autovacuum_enabled)", REFRESHED)


def test_stale_statistics_are_taken_anew_once(env: Rung, stale: None) -> None:
    change = AnalyzeTables(database=env.database, tables=("clients", "sessions"))
    plan = change.plan()
    assert isinstance(plan, Plan)
    assert [target.table for target in plan.targets] == ["clients"]
    assert plan.targets[0].before.startswith("300 of 1000 rows changed")
    assert change.landed(plan)[0] is Answer.NO
    assert change.apply(plan, WARRANT).ok
    assert change.landed(plan)[0] is Answer.YES
    with pytest.raises(Drifted, match="nothing was done"):
        change.apply(plan, WARRANT)
    assert isinstance(change.plan(), NotNeeded)


def test_statistics_that_were_never_taken_are_stale_and_not_fresh(env: Rung, admin: psycopg.Connection) -> None:
    admin.execute("CREATE TABLE imported AS SELECT n FROM generate_series(1, 5000) AS n")
    admin.execute("ALTER TABLE imported OWNER TO rung_owner")
    try:
        read = tables_of(env).tables["imported"]
        assert (read.analyzed, read.stale, read.fresh) == (None, True, False)
        change = AnalyzeTables(database=env.database, tables=("imported",))
        plan = change.plan()
        assert isinstance(plan, Plan)
        assert plan.targets[0].before == "never taken"
        assert change.apply(plan, WARRANT).ok
        assert tables_of(env).tables["imported"].fresh
    finally:
        admin.execute("DROP TABLE imported")


def test_tables_that_are_not_named_are_left_alone(env: Rung, stale: None) -> None:
    assert isinstance(AnalyzeTables(database=env.database, tables=("sessions", "no_such_table")).plan(), NotNeeded)


def test_a_table_that_somebody_else_works_on_is_not_waited_for(
    env: Rung, admin: psycopg.Connection, stale: None
) -> None:
    change = AnalyzeTables(database=env.database, tables=("clients",))
    plan = change.plan()
    assert isinstance(plan, Plan)
    with admin.transaction():
        admin.execute("LOCK TABLE clients IN SHARE UPDATE EXCLUSIVE MODE")
        outcome = change.apply(plan, WARRANT)
    assert not outcome.ok
    assert "somebody else" in outcome.results[0].note


# -- locks -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def victim(world: World) -> Iterator[psycopg.Connection]:
    connection = psycopg.connect(world.facts.dsn("rung_app", application_name="table-test-victim"), autocommit=True)
    yield connection
    connection.close()


def block(env: Rung, blocker: psycopg.Connection, victim: psycopg.Connection, then: bytes | None = None) -> None:
    blocker.autocommit = False
    blocker.execute("UPDATE sessions SET status = status WHERE id = 1")
    if then is not None:
        blocker.pgconn.send_query(then)
    victim.pgconn.send_query(b"UPDATE sessions SET status = status WHERE id = 1")
    wait(lambda: read_blockers(env.database).waiting or None, within=10, what="the victim to wait")


def test_the_root_is_named_and_never_its_victim(env: Rung, app: psycopg.Connection, victim: psycopg.Connection) -> None:
    block(env, app, victim)
    read = read_blockers(env.database)
    assert [(root.pid, root.blocks) for root in read.roots] == [(app.info.backend_pid, 1)]
    assert read.of("somebody_else") == ()


def unblock(env: Rung, **more: Any) -> EndBlockers:
    given: dict[str, Any] = {"database": env.database, "user": "rung_app", "longer_than": timedelta(milliseconds=1)}
    return EndBlockers(**{**given, **more})


def test_an_idle_blocker_is_ended_and_its_victim_goes_on(
    env: Rung, app: psycopg.Connection, victim: psycopg.Connection
) -> None:
    block(env, app, victim)
    change = unblock(env)
    plan = change.plan()
    assert isinstance(plan, Plan)
    assert [target.pid for target in plan.targets] == [app.info.backend_pid]
    assert change.landed(plan)[0] is Answer.NO
    assert change.apply(plan, WARRANT).ok
    assert change.landed(plan)[0] is Answer.YES
    result = victim.pgconn.get_result()
    assert result is not None
    assert result.command_status == b"UPDATE 1"
    with pytest.raises(psycopg.OperationalError):
        app.execute("select 1")


def test_a_working_blocker_is_cancelled_and_keeps_its_session(
    env: Rung, app: psycopg.Connection, victim: psycopg.Connection
) -> None:
    block(env, app, victim, then=b"select pg_sleep(60)")
    plan = unblock(env).plan()
    assert isinstance(plan, Plan)
    assert "0 had to be ended" in unblock(env).apply(plan, WARRANT).note
    result = app.pgconn.get_result()
    assert result is not None
    assert b"canceling statement" in result.error_message


def test_a_blocker_that_has_let_go_since_the_approval_is_left_alone(
    env: Rung, app: psycopg.Connection, victim: psycopg.Connection
) -> None:
    block(env, app, victim)
    plan = unblock(env).plan()
    assert isinstance(plan, Plan)
    app.rollback()
    victim.pgconn.get_result()
    with pytest.raises(Drifted, match="nothing was ended"):
        unblock(env).apply(plan, WARRANT)
    assert app.execute("select 1").fetchone() == (1,)


def test_blockers_of_other_users_or_of_a_moment_are_not_meant(
    env: Rung, app: psycopg.Connection, victim: psycopg.Connection
) -> None:
    block(env, app, victim)
    assert isinstance(unblock(env, user="somebody_else").plan(), NotNeeded)
    assert isinstance(unblock(env, longer_than=timedelta(hours=1)).plan(), NotNeeded)


# -- the sandbox -------------------------------------------------------------------------------------------------------


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
