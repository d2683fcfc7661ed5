"""A PostgreSQL that is not started from programs here: a server of one's own by URL, or a container.

Chosen with `World.start(postgres="postgresql://...")` or `postgres="container"`. A server by URL must let its user make
roles and databases; the sandbox adds those of a system, and drops them again. It cannot be restarted, so drills that
reboot need one of the others.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from sandbox.database import RESERVED, SUPERUSER_RESERVED, Address, admit, as_admin, run_as_admin
from sandbox.errors import PostgresUnavailable, RestartImpossible
from sandbox.postgres import free_port
from sandbox.process import wait_until
from sandbox.schema import RESERVES_SINCE, Schema

IMAGE = "postgres:18"
PASSWORD = "practice"  # on loopback, in a container of our own
START_SECONDS = 120.0


class PostgresAtUrl:
    """A server of one's own; a `sandbox.database.Database`. Make it with `open`."""

    def __init__(self, address: Address, schema: Schema) -> None:
        self._address, self._schema = address, schema
        with psycopg.connect(address.admin(database="postgres"), autocommit=True) as connection:
            self._version = connection.info.server_version // 10000
            self.release = str(_one(connection, "SHOW server_version")).split(" ", maxsplit=1)[0]
            self.max_connections = int(_one(connection, "SHOW max_connections"))
            self.has_statistics = "pg_stat_statements" in str(_one(connection, "SHOW shared_preload_libraries"))
            self._reserves = self._version >= RESERVES_SINCE and int(_one(connection, "SHOW reserved_connections")) > 0
            taken = _one(connection, "SELECT count(*) FROM pg_database WHERE datname = %s", schema.database)
            taken += _one(connection, "SELECT count(*) FROM pg_roles WHERE rolname = ANY(%s)", list(_made(schema)))
            if taken:
                raise PostgresUnavailable(
                    f"The server at {address.host}:{address.port} has a database '{schema.database}' or one of the"
                    f" roles {', '.join(_made(schema))} already; give the sandbox a server of its own."
                )
            connection.execute(schema.create())
        run_as_admin(address, schema.statements(version=self._version, with_statistics=self.has_statistics))
        self.admit()

    @classmethod
    def open(cls, url: str, schema: Schema) -> PostgresAtUrl:
        """Set up a system's database on the server at `url` (as its superuser). Raises `PostgresUnavailable`."""
        try:
            given = conninfo_to_dict(url)
            address = Address(
                host=str(given.get("host") or "127.0.0.1"),
                port=int(given.get("port") or 5432),
                database=schema.database,
                roles=schema.roles,
                superuser=str(given["user"]),
                superuser_password=str(given.get("password", "")),
            )
            return cls(address, schema)
        except (psycopg.Error, KeyError) as error:
            raise PostgresUnavailable(
                f"The PostgreSQL by URL cannot be used ({error}); check user and rights."
            ) from error

    @property
    def address(self) -> Address:
        """Where it listens."""
        return self._address

    def admit(self) -> None:
        """Give the roles their passwords; where the server reserves no slots, the application gets a limit instead."""
        version = self._version if self._reserves else RESERVES_SINCE - 1
        admit(self._address, version=version, max_connections=self.max_connections)

    def restart(self, *, max_connections: int | None = None) -> None:
        """Refuse: it is not ours to restart."""
        raise RestartImpossible(
            f"The PostgreSQL at {self._address.host} is not ours to restart (max_connections={max_connections});"
            " use postgres='wheel' for drills that reboot."
        )

    def stop(self) -> None:
        """Take the database and the roles away again."""
        admin = replace(self._address, database="postgres")
        with as_admin(admin) as connection:
            connection.execute(self._schema.drop())
            for role in _made(self._schema):
                connection.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(role)))


class PostgresInContainer(PostgresAtUrl):
    """A container of our own, by testcontainers; its reaper ends it when this process dies."""

    def __init__(self, address: Address, schema: Schema, container: Any) -> None:
        self._container = container
        super().__init__(address, schema)

    @classmethod
    def run(cls, schema: Schema, *, max_connections: int) -> PostgresInContainer:
        """Start one. `PostgresUnavailable` when no container engine answers."""
        try:
            from testcontainers.core.container import DockerContainer  # slow to load, and seldom wanted

            port = free_port()
            settings = {
                "max_connections": max_connections,
                "superuser_reserved_connections": SUPERUSER_RESERVED,
                "reserved_connections": RESERVED,
                "fsync": "off",
            }
            container: Any = DockerContainer(IMAGE)
            container.with_env("POSTGRES_PASSWORD", PASSWORD)
            container.with_bind_ports("5432/tcp", ("127.0.0.1", port))
            container.with_command(["postgres", *(f"--{name}={value}" for name, value in settings.items())])
            container.start()
        except Exception as error:
            raise PostgresUnavailable(
                f"No container could be started ({error}); start Docker or use postgres='wheel'."
            ) from error
        address = Address(
            host="127.0.0.1",
            port=port,
            database=schema.database,
            roles=schema.roles,
            superuser="postgres",
            superuser_password=PASSWORD,
        )
        try:
            _wait(address)
            return cls(address, schema, container)
        except BaseException:
            container.stop()
            raise

    def restart(self, *, max_connections: int | None = None) -> None:
        """Restart the container with another `max_connections`."""
        self.max_connections = max_connections or self.max_connections
        change = sql.SQL("ALTER SYSTEM SET max_connections = {}").format(sql.Literal(self.max_connections))
        run_as_admin(self._address, sql.Composed([change]))
        self._container.get_wrapped_container().restart(timeout=5)
        _wait(self._address)
        self.admit()

    def stop(self) -> None:
        """End the container."""
        self._container.stop()


def is_elsewhere(kind: str) -> bool:
    """Whether `kind` names a server that is not started from programs here."""
    return kind == "container" or kind.startswith(("postgresql://", "postgres://"))


def open_elsewhere(kind: str, schema: Schema, *, max_connections: int) -> PostgresAtUrl:
    """The server `kind` names, with a system's database; one by URL keeps its own `max_connections`."""
    if kind == "container":
        return PostgresInContainer.run(schema, max_connections=max_connections)
    return PostgresAtUrl.open(kind, schema)


def _made(schema: Schema) -> tuple[str, ...]:
    """The roles that are made on the server, the owner last since the changer is a member of it."""
    return *schema.roles.entering, schema.roles.owner


def _one(connection: psycopg.Connection[tuple[Any, ...]], query: Any, *values: Any) -> Any:
    row = connection.execute(query, values or None).fetchone()
    return row[0] if row else None


def _wait(address: Address) -> None:
    def ready() -> bool:
        try:
            psycopg.connect(address.admin(database="postgres"), connect_timeout=1).close()
        except psycopg.OperationalError:
            return False
        return True

    def late() -> PostgresUnavailable:
        return PostgresUnavailable("The PostgreSQL in the container did not come up; see its log in the engine.")

    wait_until(ready, seconds=START_SECONDS, failing=late, every=0.1)
