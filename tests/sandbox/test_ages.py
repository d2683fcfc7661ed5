"""While a drill has its own time, our identities see PostgreSQL's ages in it; all others, and later, as they are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from journal import clock
from sandbox.database import Address
from sandbox.postgres import Postgres
from sandbox.systems.rung.schema import SCHEMA
from sandbox.within.ages import Ages
from sandbox.within.clock import REMEMBERED, PracticeClock

NEARLY = timedelta(seconds=30)
"""Far less than what is told, and more than what a busy machine takes: the practice clock stands still meanwhile."""

AGE = "select max(now() - state_change) from pg_stat_activity where application_name = 'left-alone'"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Address]:
    server = Postgres.start(tmp_path_factory.mktemp("ages"), schema=SCHEMA, max_connections=20)
    try:
        yield server.address
    finally:
        server.stop()


def age(address: Address, role: str) -> timedelta:
    with psycopg.connect(address.dsn(role)) as connection:
        row = connection.execute(AGE).fetchone()
        assert row is not None
        return row[0]


def test_a_session_is_as_old_as_the_practice_clock_says(address: Address) -> None:
    with (
        clock.use(PracticeClock(live=lambda: None)),
        psycopg.connect(address.dsn("rung_app", application_name="left-alone"), autocommit=True) as connection,
    ):
        connection.execute("select 1")
        with closing(Ages(address)) as ages:
            clock.sleep(31 * 60)
            ages.tell()
            for looker in (address.roles.reader, address.roles.changer):
                assert abs(age(address, looker) - timedelta(minutes=31)) < NEARLY
            assert age(address, "rung_app") < NEARLY
            connection.execute("select 1")
            clock.sleep(60)
            ages.tell()
            assert abs(age(address, "rung_reader") - timedelta(minutes=1)) < NEARLY
        assert age(address, "rung_reader") < NEARLY
        with closing(Ages(address)):  # once more, for the next such drill
            assert age(address, "rung_reader") < NEARLY


def test_of_a_week_the_last_hour_is_lived() -> None:
    turns: list[float] = []
    practice = PracticeClock(live=lambda: turns.append(practice.monotonic()))
    week = timedelta(days=7).total_seconds()
    practice.sleep(week)
    assert practice.monotonic() == week
    assert week - REMEMBERED <= turns[0] < week - REMEMBERED + 1
    assert turns[-1] == week


def test_what_has_told_the_time_is_silent_while_the_server_is_away(tmp_path: Path) -> None:
    server = Postgres.start(tmp_path, schema=SCHEMA, max_connections=20)
    try:
        with clock.use(PracticeClock(live=lambda: None)):
            ages = Ages(server.address)
            server.restart()
            ages.tell()
            ages.tell()
            ages.close()
    finally:
        server.stop()
