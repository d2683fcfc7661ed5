"""What the database says of itself: its own check of its pages and indexes. `verify` asks it first."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, text

_AT_MOST = 20
"""Complaints of the database that are listed."""


def complaints(tx: Connection) -> Iterator[str]:
    """What the database finds wrong with itself, in its words. Raises its own errors where it cannot even look."""
    if tx.dialect.name == "sqlite":
        for said in tx.execute(text(f"PRAGMA integrity_check({_AT_MOST})")).scalars():
            if said != "ok":
                yield str(said)
        return
    failures = tx.execute(
        text("SELECT checksum_failures FROM pg_stat_database WHERE datname = current_database()")
    ).scalar()
    if failures:  # empty where the server keeps no checksums
        yield f"{failures} pages of this database failed their checksum"
    if tx.execute(text("SELECT 1 FROM pg_extension WHERE extname = 'amcheck'")).scalar():
        tx.execute(
            text(
                "SELECT bt_index_check(indexrelid::regclass) FROM pg_index JOIN pg_am ON amname = 'btree'"
                " JOIN pg_class ON pg_class.oid = indexrelid AND relam = pg_am.oid"
                " WHERE indrelid IN ('entries'::regclass, 'chains'::regclass, 'incidents'::regclass)"
            )
        ).all()
