"""Faults of clients that are not rung's: another role, perhaps in a database of its own on the same server."""

from __future__ import annotations

import secrets
from abc import abstractmethod
from dataclasses import dataclass

from psycopg import sql
from psycopg.conninfo import make_conninfo

from sandbox.database import as_admin
from sandbox.faults.fault import Scene
from sandbox.leaks import LeakFault


@dataclass(kw_only=True)
class ForeignLeak(LeakFault):
    """Idle sessions of somebody else until no slot is left. Its role and database are made for it, and dropped again.

    rung's own sessions are innocent, and ending them would only make room for the leak.
    """

    @property
    @abstractmethod
    def role(self) -> str:
        """Whose sessions they are."""

    @property
    def database(self) -> str | None:
        """A database of its own; none: rung's."""
        return None

    @property
    def application_name(self) -> str:
        """What its sessions call themselves."""
        return f"{self.role}-client"

    @property
    def statements(self) -> list[str]:
        """The one use of a session."""
        return ["SELECT 1"]

    def start(self, scene: Scene) -> None:
        """Make the role and its database, then leak."""
        password, where = secrets.token_hex(12), self.database or scene.address.database
        with as_admin(scene.address) as connection:
            role, database = sql.Identifier(self.role), sql.Identifier(where)
            connection.execute(
                sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(role, sql.Literal(password))  # of this run only
            )
            if self.database is not None:
                connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(database, role))
            connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, role))
        usual = scene.address.dsn("rung_app", application_name=self.application_name)
        self.client_load = self.gather(scene, make_conninfo(usual, user=self.role, password=password, dbname=where))

    def heal(self, scene: Scene) -> None:
        """End the leak, and drop what was made for it."""
        super().heal(scene)
        with as_admin(scene.address) as connection:
            role = sql.Identifier(self.role)
            if self.database is not None:
                connection.execute(
                    sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(self.database))
                )
            known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [self.role]).fetchone()
            if known is not None:
                connection.execute(sql.SQL("DROP OWNED BY {}").format(role))
                connection.execute(sql.SQL("DROP ROLE {}").format(role))
