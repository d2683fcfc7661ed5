"""What every PostgreSQL of the sandbox can do, wherever it runs: connection strings, counting, setting up.

`sandbox.postgres` runs one of its own, `sandbox.postgres_elsewhere` uses a server by URL or a container.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from sandbox.errors import PostgresUnavailable
from sandbox.process import wait_until
from sandbox.refusal import is_slot_refusal
from sandbox.schema import RESERVES_SINCE, Roles

SUPERUSER_RESERVED = 2
"""Slots only the provider's own account (rdsadmin) can use."""
RESERVED = 4
"""Slots kept for the reader, the changer and the blind role, so that they can look when the application cannot."""

CONNECT_SECONDS = 5


@dataclass(frozen=True, kw_only=True)
class Address:
    """Where a PostgreSQL listens, and who may come in; each of the `roles` is given a password."""

    host: str
    port: int
    database: str
    roles: Roles
    superuser: str = "rdsadmin"
    superuser_password: str = field(repr=False)
    passwords: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)

    def __post_init__(self) -> None:
        if not self.passwords:
            object.__setattr__(self, "passwords", {role: secrets.token_hex(12) for role in self.roles.entering})

    def dsn(self, role: str, *, application_name: str | None = None) -> str:
        """A libpq connection string for one role of the database."""
        return self._dsn(role, self.passwords[role], self.database, application_name)

    def admin(self, *, database: str | None = None) -> str:
        """A connection string for the provider's account; for the sandbox itself, never for a runbook."""
        return self._dsn(self.superuser, self.superuser_password, database or self.database, "rdsadmin")

    def _dsn(self, user: str, password: str, database: str, application_name: str | None) -> str:
        options: dict[str, Any] = {
            "host": self.host,
            "port": self.port,
            "dbname": database,
            "user": user,
            "password": password,
            "connect_timeout": CONNECT_SECONDS,
            "application_name": application_name,
        }
        return make_conninfo(**{name: value for name, value in options.items() if value is not None})


@dataclass(frozen=True, kw_only=True)
class Slots:
    """Connection slots as the server counts them: `taken` by client backends, the provider's own excluded."""

    taken: int
    max_connections: int
    reserved: int
    by_application: Mapping[str, int]


class Database(Protocol):
    """The PostgreSQL behind an RDS instance."""

    @property
    def address(self) -> Address:
        """Where it listens."""
        ...

    @property
    def release(self) -> str:
        """The full version, as RDS shows it."""
        ...

    @property
    def max_connections(self) -> int:
        """As it runs now."""
        ...

    @property
    def has_statistics(self) -> bool:
        """Whether pg_stat_statements is loaded."""
        ...

    def restart(self, *, max_connections: int | None = None) -> None:
        """Stop and start again; `RestartImpossible` when it is not ours."""
        ...

    def stop(self) -> None:
        """End it and leave nothing behind."""
        ...


def as_admin(address: Address) -> psycopg.Connection[tuple[Any, ...]]:
    """A session of the provider's; asked for again, as clients being refused hold even its slots for milliseconds."""

    def attempt() -> psycopg.Connection[tuple[Any, ...]] | None:
        try:
            return psycopg.connect(address.admin(), autocommit=True)
        except psycopg.OperationalError as error:
            if is_slot_refusal(error):
                return None
            raise

    return wait_until(
        attempt,
        seconds=CONNECT_SECONDS,
        failing=lambda: PostgresUnavailable("Even the reserved slots are taken; end the sessions of rdsadmin."),
    )


def run_as_admin(address: Address, statement: sql.Composed) -> None:
    """Run statements as the provider."""
    with as_admin(address) as connection:
        connection.execute(statement)


def admit(address: Address, *, version: int, max_connections: int) -> None:
    """Give every role its password, and, before PostgreSQL 16, the application its limit.

    From 16 on `reserved_connections` keeps slots for members of pg_use_reserved_connections. Before, nothing can, so
    the application gets a connection limit that leaves as many slots: it is refused with the same SQLSTATE (53300),
    in other words ("too many connections for role"), and with `RESERVED` slots still free.
    """
    parts = [
        sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(role), sql.Literal(password))
        for role, password in address.passwords.items()
    ]
    limit = -1 if version >= RESERVES_SINCE else max_connections - SUPERUSER_RESERVED - RESERVED
    application = sql.Identifier(address.roles.application)
    parts.append(sql.SQL("ALTER ROLE {} CONNECTION LIMIT {}").format(application, sql.Literal(limit)))
    run_as_admin(address, sql.SQL("; ").join(parts))


SLOTS = """
SELECT application_name, count(*)
FROM pg_stat_activity
WHERE backend_type = 'client backend' AND usename IS DISTINCT FROM current_user
GROUP BY application_name
"""


def read_slots(address: Address) -> Slots:
    """Who holds connection slots right now; the provider's account always gets in to see."""
    with as_admin(address) as connection:
        by_application = {str(name): int(count) for name, count in connection.execute(SLOTS).fetchall()}
        settings = {
            str(name): int(value)
            for name, value in connection.execute(
                "SELECT name, setting FROM pg_settings WHERE name IN"
                " ('max_connections', 'reserved_connections', 'superuser_reserved_connections')"
            ).fetchall()
        }
    return Slots(
        taken=sum(by_application.values()),
        max_connections=settings.pop("max_connections"),
        reserved=sum(settings.values()),
        by_application=by_application,
    )


def end_sessions(address: Address, application_name: str) -> None:
    """End every session of a client."""
    with as_admin(address) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s", [application_name]
        )
