"""The first schema: entries with their guards, chains, incidents, runs, inbox, leases."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from journal.schema import Moment

revision = "0001"
down_revision = None

GENESIS = "0" * 64
REFUSAL = "journal entries are append-only"


def upgrade() -> None:
    ident = sa.String().with_variant(postgresql.VARCHAR(collation="C"), "postgresql")
    serial = sa.Integer().with_variant(postgresql.BIGINT(), "postgresql")
    op.create_table(
        "entries",
        sa.Column("incident", ident, primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("kind", ident, nullable=False),
        sa.Column("fact", sa.Text, nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.Column("flow_run", sa.Text),
        sa.Column("task_run", sa.Text),
        sa.Column("previous", sa.Text, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
        sa.UniqueConstraint("incident", "key", name="entries_key"),
    )
    op.create_index("entries_kind_at", "entries", ["kind", "at"])
    op.create_table(
        "chains",
        sa.Column("incident", ident, primary_key=True),
        sa.Column("head", sa.Text, nullable=False),
        sa.Column("length", sa.Integer, nullable=False),
    )
    op.create_table(
        "incidents",
        sa.Column("id", ident, primary_key=True),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("system", sa.Text, nullable=False),
        sa.Column("environment", sa.Text, nullable=False),
        sa.Column("runbook", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("severity", sa.Text, nullable=False),
        sa.Column("opened_at", Moment, nullable=False),
        sa.Column("closed_at", Moment),
        sa.Column("ending", sa.Text),
    )
    still_open = sa.text("closed_at IS NULL")
    op.create_index(
        "incidents_one_open",
        "incidents",
        ["fingerprint"],
        unique=True,
        sqlite_where=still_open,
        postgresql_where=still_open,
    )
    op.create_index("incidents_opened_at", "incidents", ["opened_at"])
    op.create_index("incidents_system", "incidents", ["system", "opened_at"])
    op.create_table(
        "runs",
        sa.Column("flow_run", sa.Text, primary_key=True),
        sa.Column("incident", ident, nullable=False),
    )
    op.create_index("runs_incident", "runs", ["incident"])
    op.create_table(
        "inbox",
        sa.Column("id", serial, primary_key=True, autoincrement=True),
        sa.Column("format", sa.Text, nullable=False),
        sa.Column("delivery", sa.Text, nullable=False),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("alert", sa.Text, nullable=False),
        sa.Column("received_at", Moment, nullable=False),
        sa.Column("holder", sa.Text),
        sa.Column("held_until", Moment),
        sa.Column("done_at", Moment),
        sa.Column("incident", ident),
        sa.UniqueConstraint("format", "delivery", name="inbox_delivery"),
    )
    undone = sa.text("done_at IS NULL")
    op.create_index("inbox_pending", "inbox", ["id"], sqlite_where=undone, postgresql_where=undone)
    op.create_table(
        "leases",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("holder", sa.Text, nullable=False),
        sa.Column("expires_at", Moment, nullable=False),
    )
    op.execute(f"INSERT INTO chains (incident, head, length) VALUES ('ledger', '{GENESIS}', 0)")
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION journal_append_only() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{REFUSAL}'; END $$"
        )
        for when, each in (("UPDATE OR DELETE", "ROW"), ("TRUNCATE", "STATEMENT")):
            name = "entries_no_" + ("truncate" if each == "STATEMENT" else "change")
            op.execute(
                f"CREATE TRIGGER {name} BEFORE {when} ON entries FOR EACH {each} EXECUTE FUNCTION journal_append_only()"
            )
    else:
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER entries_no_{verb.lower()} BEFORE {verb} ON entries "
                f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
            )
