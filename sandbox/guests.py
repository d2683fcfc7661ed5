"""Roles of somebody else on a system's PostgreSQL, perhaps with databases of their own: made, and dropped again."""

from __future__ import annotations

import secrets

from psycopg import sql
from psycopg.conninfo import make_conninfo

from sandbox.database import Address, as_admin


def admit_guest(address: Address, role: str, database: str | None, *, application_name: str) -> str:
    """Make a role and its database, or let it into the system's; the connection string of its client."""
    password, where = secrets.token_hex(12), database or address.database
    with as_admin(address) as connection:
        role_, database_ = sql.Identifier(role), sql.Identifier(where)
        connection.execute(
            sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(role_, sql.Literal(password))  # of this run only
        )
        if database is not None:
            connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(database_, role_))
        connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database_, role_))
    usual = address.dsn(address.roles.application, application_name=application_name)
    return make_conninfo(usual, user=role, password=password, dbname=where)


def dismiss_guest(address: Address, role: str, database: str | None) -> None:
    """Drop what was made for a role."""
    with as_admin(address) as connection:
        role_ = sql.Identifier(role)
        if database is not None:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database)))
        known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
        if known is not None:
            connection.execute(sql.SQL("DROP OWNED BY {}").format(role_))
            connection.execute(sql.SQL("DROP ROLE {}").format(role_))


def set_limit(address: Address, role: str, limit: int) -> None:
    """Give a role another connection limit; -1 is none."""
    with as_admin(address) as connection:
        connection.execute(
            sql.SQL("ALTER ROLE {} CONNECTION LIMIT {}").format(sql.Identifier(role), sql.Literal(limit))
        )
