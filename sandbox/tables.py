"""Tables of a sandbox's PostgreSQL: what faults change in them, and what is put back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import LiteralString

from psycopg import sql

from sandbox.database import Address, as_admin

WITHOUT_TRIGGERS: LiteralString = "SET session_replication_role = replica; "
"""Bulk changes by the sandbox itself skip foreign keys: without an index on them each deleted row costs a scan."""


def run(address: Address, *statements: LiteralString) -> None:
    """Run statements one after another as the provider.

    Each has a session of its own: what a session has changed is counted when it ends, and must not be counted after
    the statistics were refreshed.
    """
    for statement in statements:
        with as_admin(address) as connection:
            connection.execute(statement)


def drop_added(address: Address, tables: Sequence[str]) -> None:
    """Drop every index of some tables but the primary keys': what a runbook created must not heal the next drill."""
    with as_admin(address) as connection:
        for (index,) in connection.execute(ADDED, (list(tables),)).fetchall():
            connection.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(index)))


ADDED: LiteralString = """
SELECT relname FROM pg_index JOIN pg_class ON oid = indexrelid
WHERE indrelid = ANY (%s::regclass[]) AND NOT indisprimary
"""
