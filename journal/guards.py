"""What keeps a journal append-only inside its database, and whether it is still there. `verify` asks last.

Whoever edits entries takes the triggers away first, and may leave one of their own behind: that changes what is written
from then on, while all that is recorded fits. Without its keys a table takes one step twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sqlalchemy import Connection, Table, UniqueConstraint, inspect, text

from journal.schema import entries, metadata

_REFUSES: Final = "append-only"
"""What the guards' refusal says, in whichever database."""

_OF_SQLITE: Final = text("SELECT tbl_name, name, sql FROM sqlite_master WHERE type = 'trigger'")
_OF_POSTGRESQL: Final = text(
    "SELECT relname, tgname, CASE WHEN tgenabled IN ('O', 'A') THEN prosrc ELSE '' END FROM pg_trigger"
    " JOIN pg_class ON pg_class.oid = tgrelid JOIN pg_proc ON pg_proc.oid = tgfoid"
    " WHERE NOT tgisinternal AND relnamespace = current_schema()::regnamespace"
)


def unguarded(tx: Connection) -> Iterator[str]:
    """What is missing or foreign, in one sentence each."""
    there, sqlite = set(inspect(tx).get_table_names()), tx.dialect.name == "sqlite"
    for table in metadata.sorted_tables:
        if table.name not in there:
            yield f"The table {table.name} is gone, or is no table any more; restore the journal from a backup."
        else:
            yield from (
                f"The table {table.name} lost what keeps its {', '.join(columns)} unique; restore it from a backup."
                for columns in sorted(_declared(table) - _kept(tx, table))
            )
    found = {(row[0], row[1]): str(row[2]) for row in tx.execute(_OF_SQLITE if sqlite else _OF_POSTGRESQL)}
    for name in ("entries_no_update", "entries_no_delete") if sqlite else ("entries_no_change", "entries_no_truncate"):
        if _REFUSES not in found.pop((entries.name, name), ""):
            yield f"The guard {name} is gone, off or another: entries could be edited or removed; restore it."
    for table, name in sorted(found):
        if table in metadata.tables:
            yield f"The trigger {name} of {table} is none of this journal's: it changes what is written; remove it."


def _declared(table: Table) -> set[tuple[str, ...]]:
    """The columns that must be unique together."""
    keys = [one for one in table.constraints if isinstance(one, UniqueConstraint)]
    unique = [one for one in table.indexes if one.unique]
    return {tuple(table.primary_key.columns.keys()), *(tuple(one.columns.keys()) for one in (*keys, *unique))}


def _kept(tx: Connection, table: Table) -> set[tuple[str, ...]]:
    """The columns that the database keeps unique."""
    asked = inspect(tx)
    kept = {tuple(asked.get_pk_constraint(table.name)["constrained_columns"])}
    kept.update(tuple(one["column_names"]) for one in asked.get_unique_constraints(table.name))
    kept.update(tuple(map(str, one["column_names"])) for one in asked.get_indexes(table.name) if one["unique"])
    return kept
