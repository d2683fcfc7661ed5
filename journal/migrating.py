"""Runs the shipped migrations. Imported by `connect` only when the schema is behind: alembic is slow to import."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util.exc import CommandError
from sqlalchemy import Connection, text

from journal.connect import MIGRATION_LOCK
from journal.errors import UnsuitableJournal


def upgrade(tx: Connection, where: str) -> None:
    """Bring the database behind `tx` to the newest schema, inside its transaction.

    SQLite's write transaction is the lock; PostgreSQL gets an advisory one, which its DDL does not give by itself.
    Whoever comes second finds nothing left to do.
    """
    if tx.dialect.name == "postgresql":
        tx.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": MIGRATION_LOCK})
    try:
        command.upgrade(config(tx), "head")
    except CommandError as error:
        raise UnsuitableJournal(
            where, f"its schema is newer than this program ({error})", "upgrade Code Blue"
        ) from error


def config(tx: Connection) -> Config:
    """Alembic's configuration for the shipped migrations over an open connection; no ini file."""
    made = Config()
    made.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    made.attributes["connection"] = tx
    return made
