"""A real streaming replica: what holds its replay up, how that is put right, and what its end leaves behind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from sandbox.database import as_admin
from sandbox.errors import PostgresUnavailable
from sandbox.postgres import Postgres
from sandbox.process import wait_until
from sandbox.replica import SENDERS, Replica
from sandbox.selftest.cases import SCHEMA

MARK = "CREATE TABLE IF NOT EXISTS marks (mark text); INSERT INTO marks VALUES ('{}')"
WAITS = "SELECT wait_event FROM pg_stat_activity WHERE backend_type = 'startup'"


@pytest.fixture(scope="module")
def primary(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    server = Postgres.start(tmp_path_factory.mktemp("primary"), schema=SCHEMA, max_connections=30, senders=SENDERS)
    yield server
    server.stop()


@pytest.fixture(scope="module")
def replica(primary: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replica]:
    one = Replica.start(tmp_path_factory.mktemp("replica"), primary=primary)
    yield one
    one.stop()


def write(primary: Postgres, mark: str) -> None:
    with as_admin(primary.address) as connection:
        connection.execute(MARK.format(mark).encode())


def has(replica: Replica, mark: str) -> bool:
    return bool(replica.asked("SELECT count(*) FROM marks WHERE mark = %s", mark))


def test_it_has_what_its_primary_writes_and_lets_the_same_roles_read(primary: Postgres, replica: Replica) -> None:
    write(primary, "usual")
    replica.catch_up()
    assert has(replica, "usual")
    reader = replica.address.roles.reader
    with psycopg.connect(replica.address.dsn(reader)) as connection:
        assert connection.execute("SELECT pg_is_in_recovery()").fetchone() == (True,)
    with (
        psycopg.connect(replica.address.dsn(replica.address.roles.application)) as connection,
        pytest.raises(psycopg.errors.ReadOnlySqlTransaction),
    ):
        connection.execute("CREATE TABLE of_its_own ()")


def test_what_is_written_while_it_is_paused_is_there_once_it_is_as_it_was(primary: Postgres, replica: Replica) -> None:
    replica.pause()
    write(primary, "paused")
    assert not has(replica, "paused")
    replica.as_it_was()
    assert has(replica, "paused")


@pytest.mark.parametrize("held_up", ["cut_off", "hold"])
def test_what_is_cut_off_or_held_is_put_right(primary: Postgres, replica: Replica, held_up: str) -> None:
    getattr(replica, held_up)()
    write(primary, held_up)
    assert not has(replica, held_up)
    replica.as_it_was()
    assert has(replica, held_up)


def test_a_query_on_it_holds_what_replay_wants_to_remove(primary: Postgres, replica: Replica) -> None:
    write(primary, "held")
    replica.catch_up()
    replica.never_ends_queries()
    with psycopg.connect(replica.address.admin()) as report:
        report.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        report.execute("SELECT count(*) FROM marks")
        with as_admin(primary.address) as connection:
            connection.execute("DELETE FROM marks")
            connection.execute("VACUUM marks")
        wait_until(
            lambda: replica.asked(WAITS) == "RecoveryConflictSnapshot",
            seconds=20,
            failing=lambda: AssertionError("replay does not wait for the report"),
        )
    replica.as_it_was()
    assert replica.asked("SELECT count(*) FROM marks") == 0


def test_a_primary_that_is_raised_does_not_stop_it(primary: Postgres, replica: Replica) -> None:
    primary.restart(max_connections=60)
    write(primary, "raised")
    replica.catch_up()
    assert has(replica, "raised")


def test_its_end_leaves_no_slot_that_keeps_wal(primary: Postgres, tmp_path: Path) -> None:
    other = Replica.start(tmp_path, primary=primary)
    slot = other.slot
    other.stop()
    with as_admin(primary.address) as connection:
        found = connection.execute("SELECT count(*) FROM pg_replication_slots WHERE slot_name = %s", [slot]).fetchone()
    assert found == (0,)


def test_a_primary_that_lets_nobody_stream_is_refused(tmp_path: Path) -> None:
    server = Postgres.start(tmp_path, schema=SCHEMA, max_connections=20)
    try:
        with pytest.raises(PostgresUnavailable, match="base backup"):
            Replica.start(tmp_path, primary=server)
    finally:
        server.stop()
