"""The tables of the journal, for SQLite and PostgreSQL alike. Migrations create them; a test compares the two.

`entries` is the truth and append-only (triggers refuse UPDATE and DELETE). `chains` and `incidents` are projections of
it, written in the same transaction: `chains` is the one hot row per incident (its lock orders the writers of an
incident), `incidents` answers lists and finds the open incident of a fingerprint. `inbox`, `leases` and `runs` are
working tables, not history.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Column, DateTime, Dialect, Index, Integer, MetaData, String, Table, Text, UniqueConstraint, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeDecorator, TypeEngine

HEAD: Final = "0002"
"""The newest migration. `Journal.connect` compares it before it pays for importing alembic."""

LEDGER: Final = "ledger"
"""The pseudo-incident that binds all chains together and keeps the installation's own facts."""


class Moment(TypeDecorator[datetime]):
    """A UTC instant, to the microsecond: `timestamptz` in PostgreSQL, sortable text in SQLite. Refuses naive times."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(DateTime(timezone=dialect.name == "postgresql"))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone; journal times are instants")
        value = value.astimezone(UTC)
        return value if dialect.name == "postgresql" else value.replace(tzinfo=None)

    def process_result_value(
        self,
        value: datetime | None,
        dialect: Dialect,  # noqa: ARG002  # the signature of the base class
    ) -> datetime | None:
        if value is None:
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


# Byte order, so that ids sort the same in both databases and in Python (verification walks them side by side).
Id = String().with_variant(postgresql.VARCHAR(collation="C"), "postgresql")
Serial = Integer().with_variant(postgresql.BIGINT(), "postgresql")

metadata = MetaData()

entries = Table(
    "entries",
    metadata,
    Column("incident", Id, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("key", Text, nullable=False),
    Column("kind", Id, nullable=False),
    Column("fact", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("flow_run", Text),
    Column("task_run", Text),
    Column("previous", Text, nullable=False),
    Column("hash", Text, nullable=False),
    UniqueConstraint("incident", "key", name="entries_key"),
    Index("entries_kind_at", "kind", "at"),
)

chains = Table(
    "chains",
    metadata,
    Column("incident", Id, primary_key=True),
    Column("head", Text, nullable=False),
    Column("length", Integer, nullable=False),
)

incidents = Table(
    "incidents",
    metadata,
    Column("id", Id, primary_key=True),
    Column("fingerprint", Text, nullable=False),
    Column("system", Text, nullable=False),
    Column("environment", Text, nullable=False),
    Column("runbook", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("closed_at", Moment),
    Column("ending", Text),
    Index(
        "incidents_one_open",
        "fingerprint",
        unique=True,
        sqlite_where=text("closed_at IS NULL"),
        postgresql_where=text("closed_at IS NULL"),
    ),
    Index("incidents_opened_at", "opened_at"),
    Index("incidents_system", "system", "opened_at"),
)

runs = Table(
    "runs",
    metadata,
    Column("flow_run", Text, primary_key=True),
    Column("incident", Id, nullable=False),
    Index("runs_incident", "incident"),
)

inbox = Table(
    "inbox",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("format", Text, nullable=False),
    Column("delivery", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("alert", Text, nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("holder", Text),
    Column("held_until", Moment),
    Column("done_at", Moment),
    Column("incident", Id),
    UniqueConstraint("format", "delivery", name="inbox_delivery"),
    Index(
        "inbox_pending",
        "id",
        sqlite_where=text("done_at IS NULL"),
        postgresql_where=text("done_at IS NULL"),
    ),
)

leases = Table(
    "leases",
    metadata,
    Column("name", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("expires_at", Moment, nullable=False),
)
