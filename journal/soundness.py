"""What the database says of itself: its own check of its pages and indexes. `verify` asks it first.

SQLite keeps in a column whatever it is given, so `strays` looks for values that no journal writes there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from sqlalchemy import Column, Connection, Integer, text

from journal.schema import Moment, chains, entries, incidents

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


_DAY, _TIME = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]", "[0-9][0-9]:[0-9][0-9]:[0-9][0-9]"
_MOMENT: Final = f"{_DAY} {_TIME}.{'[0-9]' * 6}"
"""How SQLite keeps a moment, as a pattern of its own. Which days and hours there are is asked beside it."""


class Stray(NamedTuple):
    """A value of another type than its column's. `number` is that of its entry; `None` in a list of incidents."""

    table: str
    incident: str
    number: int | None
    column: str


def strays(tx: Connection) -> Iterator[Stray]:
    """Values that cannot be what the journal wrote there. PostgreSQL takes none."""
    if tx.dialect.name != "sqlite":
        return
    for table in (entries, chains, incidents):
        owner, *_ = table.primary_key.columns
        number = "number" if "number" in table.c else "NULL"
        wrong = {column.name: f"NOT ({_as_declared(column)})" for column in table.c}
        which = " ".join(f"WHEN {condition} THEN '{name}'" for name, condition in wrong.items())
        said = (
            f"SELECT hex(CAST({owner.name} AS BLOB)), CAST({number} AS INTEGER), CASE {which} END"
            f" FROM {table.name} WHERE {' OR '.join(wrong.values())} LIMIT {_AT_MOST}"
        )
        for name, place, column in tx.exec_driver_sql(said):
            yield Stray(table.name, bytes.fromhex(name).decode("utf-8", "replace"), place, column)


def _as_declared(column: Column[Any]) -> str:
    """The condition that a value has its column's type, in SQL of SQLite."""
    name = column.name
    match column.type:
        case Integer():
            right = f"typeof({name}) = 'integer'"
        case Moment():
            # SQLite takes 30 February, 24 o'clock and the year 0, which nothing here can read.
            day, hour = f"substr({name}, 1, 10)", f"substr({name}, 12, 2)"
            real = f"date({day}, '+0 days') = {day} AND {day} >= '0001' AND {hour} < '24' AND time({name}) IS NOT NULL"
            right = f"typeof({name}) = 'text' AND {name} GLOB '{_MOMENT}' AND {real}"
        case _:
            right = f"typeof({name}) = 'text'"
    return f"{right} OR {name} IS NULL" if column.nullable else right
