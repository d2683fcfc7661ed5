"""PostgreSQL from other places than the wheel, and what stays true there."""

from pathlib import Path

import psycopg
import pytest

from sandbox import PostgresUnavailable, RestartImpossible, binaries
from sandbox.database import read_slots
from sandbox.health import try_fresh_clients
from sandbox.postgres import Postgres
from sandbox.postgres_elsewhere import PostgresAtUrl
from sandbox.selftest.cases import SCHEMA as NEUTRAL
from sandbox.systems.rung.schema import SCHEMA
from sandbox.systems.rung.world import World


def test_programs_that_are_not_there_are_refused_with_a_remedy(tmp_path: Path):
    with pytest.raises(PostgresUnavailable, match="choose another PostgreSQL"):
        World.start(tmp_path / "world", postgres=str(tmp_path))


def test_the_systems_postgresql_keeps_slots_by_a_limit_on_the_application_and_has_statistics(tmp_path: Path):
    try:
        binaries.find("system")
    except PostgresUnavailable:
        pytest.skip("Debian's PostgreSQL is not installed")
    server = Postgres.start(tmp_path, schema=SCHEMA, kind="system", max_connections=20)
    try:
        sessions = [psycopg.connect(server.address.dsn("rung_app")) for _ in range(14)]
        assert try_fresh_clients(server.address, 1) == ("53300",)
        with psycopg.connect(server.address.dsn("rung_reader")) as reader:
            assert reader.execute("SELECT count(*) > 0 FROM pg_stat_statements").fetchone() == (True,)
        server.restart(max_connections=30)
        assert try_fresh_clients(server.address, 1) == ()
        for session in sessions:
            session.close()
    finally:
        server.stop()


def test_a_server_by_url_that_has_a_rung_already_or_lets_nobody_in_is_refused(running_world: World):
    server = running_world.facts.database
    url = f"postgresql://{server.superuser}:{server.superuser_password}@{server.host}:{server.port}/postgres"
    with pytest.raises(PostgresUnavailable, match="of its own"):
        PostgresAtUrl.open(url, SCHEMA)
    with pytest.raises(PostgresUnavailable, match="check user and rights"):
        PostgresAtUrl.open(url.replace(server.superuser_password, "wrong"), SCHEMA)


def test_a_server_of_ones_own_is_left_as_it_was(tmp_path: Path):
    own = Postgres.start(tmp_path, schema=NEUTRAL, max_connections=20)
    try:
        address = own.address
        server = PostgresAtUrl.open(
            f"postgresql://{address.superuser}:{address.superuser_password}@{address.host}:{address.port}/postgres",
            SCHEMA,
        )
        assert read_slots(server.address).max_connections == 20
        assert try_fresh_clients(server.address, 1) == ()
        with pytest.raises(RestartImpossible, match="drills that reboot"):
            server.restart(max_connections=30)
        server.stop()
        with psycopg.connect(own.address.admin(database="postgres")) as admin:
            assert admin.execute("SELECT count(*) FROM pg_roles WHERE rolname LIKE 'rung%'").fetchone() == (0,)
    finally:
        own.stop()
