"""A database with a real replica, for tests of looks and changes; one a file.

A test gets the replica as in good times.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
import pytest

from blocks.postgres import Postgres, PostgresReplica
from sandbox import saving
from sandbox.database import as_admin
from sandbox.postgres import Postgres as Server
from sandbox.replica import SENDERS, Replica
from sandbox.selftest.cases import SCHEMA

TABLE = "CREATE TABLE IF NOT EXISTS marks (mark text); GRANT SELECT ON marks TO PUBLIC; INSERT INTO marks VALUES ('1')"


@dataclass(frozen=True, kw_only=True)
class Replicated:
    """Both while they run, as the sandbox has them and as connections."""

    primary: Server
    standby: Replica
    reader: str | None = None

    @property
    def database(self) -> Postgres:
        return saving.database(self.primary.address, self.reader)

    @property
    def replica(self) -> PostgresReplica:
        return saving.replica(self.standby.address, self.reader)

    @property
    def blind(self) -> Replicated:
        """The same for an identity that may see nothing."""
        return Replicated(primary=self.primary, standby=self.standby, reader=self.primary.address.roles.blind)

    def write(self) -> None:
        self.execute(TABLE)

    def execute(self, *statements: str) -> None:
        """On the primary, each in a transaction of its own that is sent at once."""
        with as_admin(self.primary.address) as connection:
            connection.execute("SET synchronous_commit = local")
            for statement in statements:
                connection.execute(statement.encode())

    @contextmanager
    def report(self) -> Generator[psycopg.Connection]:
        """A session of the application on the replica; whatever it does, or was done to it, it is gone afterwards."""
        address = self.standby.address
        connection = psycopg.connect(address.dsn(address.roles.application, application_name="report"))
        try:
            yield connection
        finally:
            connection.cancel_safe()
            connection.close()


@pytest.fixture(scope="module")
def replicated_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replicated]:
    home = tmp_path_factory.mktemp("replicated")
    primary = Server.start(home, schema=SCHEMA, max_connections=30, senders=SENDERS)
    try:
        standby = Replica.start(home, primary=primary)
        try:
            yield Replicated(primary=primary, standby=standby)
        finally:
            standby.stop()
    finally:
        primary.stop()


@pytest.fixture
def replicated(replicated_servers: Replicated) -> Iterator[Replicated]:
    replicated_servers.write()
    replicated_servers.standby.catch_up()
    yield replicated_servers
    replicated_servers.standby.as_it_was()
