"""What a system's database has in it: its tables, and the roles that come in.

Used once per PostgreSQL version to make the template every sandbox is copied from, and once for a server of one's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, LiteralString

from psycopg import sql

RESERVES_SINCE: Final = 16
"""From this PostgreSQL on, slots can be reserved for roles that are not superusers."""

ACCESS: Final = """
CREATE ROLE {owner} NOLOGIN;
CREATE ROLE {application} LOGIN;
CREATE ROLE {reader} LOGIN;
CREATE ROLE {changer} LOGIN;
CREATE ROLE {blind} LOGIN;
REVOKE CONNECT, TEMPORARY ON DATABASE {database} FROM PUBLIC;
GRANT CONNECT ON DATABASE {database} TO {application}, {reader}, {changer}, {blind};
GRANT USAGE, CREATE ON SCHEMA public TO {owner};
GRANT pg_monitor TO {reader};
ALTER ROLE {reader} SET default_transaction_read_only = on;
GRANT pg_signal_backend, pg_read_all_stats, {owner} TO {changer};
"""
"""The changer sees statistics too: it must read again what it is about to end."""

RESERVE: Final = "GRANT pg_use_reserved_connections TO {reader}, {changer}, {blind};"
STATISTICS: Final = "CREATE EXTENSION pg_stat_statements;"


@dataclass(frozen=True, kw_only=True)
class Roles:
    """Who comes in.

    `owner` has the tables and is nobody; `application` is the system itself; `reader` looks at statistics and never
    writes; `changer` ends sessions and creates indexes; `blind` may connect, but sees nothing of other people's
    sessions.
    """

    owner: str
    application: str
    reader: str
    changer: str
    blind: str

    @property
    def entering(self) -> tuple[str, ...]:
        """Those that have a password."""
        return self.application, self.reader, self.changer, self.blind


@dataclass(frozen=True, kw_only=True)
class Schema:
    """A system's database. `tables` makes them as the owner; `relations` grants what the reader may see of them."""

    database: str
    roles: Roles
    tables: LiteralString
    relations: LiteralString = ""

    def statements(self, *, version: int, with_statistics: bool) -> sql.Composed:
        """Everything to run, as superuser and inside the empty database, on PostgreSQL `version` (the major number).

        `with_statistics` adds pg_stat_statements, where the server has it and has loaded it.
        """
        parts = [
            self._named(ACCESS),
            self._named(RESERVE if version >= RESERVES_SINCE else ""),
            sql.SQL(STATISTICS if with_statistics else ""),
            self._named("SET ROLE {owner};"),
            sql.SQL(self.tables),
            self._named("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {application};"),
            sql.SQL(self.relations),
            sql.SQL("RESET ROLE;"),
        ]
        return sql.Composed(parts)

    def create(self) -> sql.Composed:
        """What makes the empty database."""
        return self._named("CREATE DATABASE {database}")

    def drop(self) -> sql.Composed:
        """What takes it away, whoever is in it."""
        return self._named("DROP DATABASE IF EXISTS {database} WITH (FORCE)")

    def _named(self, statement: LiteralString) -> sql.Composed:
        roles = self.roles
        return sql.SQL(statement).format(
            database=sql.Identifier(self.database),
            owner=sql.Identifier(roles.owner),
            application=sql.Identifier(roles.application),
            reader=sql.Identifier(roles.reader),
            changer=sql.Identifier(roles.changer),
            blind=sql.Identifier(roles.blind),
        )
