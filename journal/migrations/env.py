"""Alembic's entry: runs the migrations inside the transaction that `journal.connect` already holds under its lock."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection

from journal.schema import metadata

connection = context.config.attributes["connection"]
if not isinstance(connection, Connection):
    raise TypeError("journal migrations run through Journal.connect, which hands them its connection")
context.configure(connection=connection, target_metadata=metadata, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
