"""The application's role may not log in to the database any more, and its sessions are ended."""

from __future__ import annotations

from dataclasses import dataclass

from psycopg import sql

from sandbox.database import end_sessions, run_as_admin
from sandbox.systems.medicalcor.api.backing import NAME
from sandbox.systems.medicalcor.api.faulty import ApiFault
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class RoleLockedOut(ApiFault):
    def begins(self, parts: Parts) -> None:
        _may(parts, "NOLOGIN")
        end_sessions(parts.postgres.address, NAME)

    def heal(self, parts: Parts) -> None:
        let_in(parts)
        super().heal(parts)


def let_in(parts: Parts) -> None:
    """What whoever looks after the database does."""
    _may(parts, "LOGIN")


def _may(parts: Parts, right: str) -> None:
    address = parts.postgres.address
    statement = sql.SQL("ALTER ROLE {} " + right)  # pyright: ignore[reportArgumentType] # one of two words
    run_as_admin(address, statement.format(sql.Identifier(address.roles.application)))
