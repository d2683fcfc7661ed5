"""Looks at a database's tables: which are read from end to end, which lack an index, whose statistics are stale.

Counters since the server's start say little about now, so two looks are taken and their difference is judged.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from blocks.postgres import Postgres, Rows
from journal import clock
from runbook import Facts, Permanent, Temporary, look

AT_MOST = 200
STALE, FRESH = 0.2, 0.1
"""Shares of a table's rows that may have changed since its statistics were taken. PostgreSQL itself aims at a tenth."""

SMALL = 32 * 1024
"""Bytes below which a table's statistics do not matter: however it is read, it is read quickly."""

BLOATED, LEAN = 0.2, 0.1
"""Shares of what a table holds that are rows nobody can see any more. PostgreSQL itself aims at a fifth of the rows."""

MANY_DEAD = 10_000
"""Dead rows up to which they do not matter, whatever their share."""


class Table(Facts):
    """One table; `size` in bytes. `scans`, `scanned` and `lookups` are what happened between the two looks.

    `scans` counts readings from end to end, `scanned` the rows they went through, `lookups` uses of an index.
    `modified` counts rows changed since the statistics were taken, `analyzed` how long ago that was. `unindexed` are
    columns that are wanted or refer to another table and that no usable index begins with. `building` and `invalid`
    are indexes.
    """

    rows: int
    size: int
    dead: int
    modified: int
    analyzed: timedelta | None
    vacuumed: timedelta | None
    scans: int
    scanned: int
    lookups: int
    unindexed: tuple[str, ...] = ()
    invalid: tuple[str, ...] = ()
    building: tuple[str, ...] = ()

    @property
    def read(self) -> bool:
        return self.scans + self.lookups > 0

    @property
    def rows_per_scan(self) -> float:
        return self.scanned / self.scans if self.scans else 0.0

    @property
    def stale(self) -> bool:
        """Whether its statistics are too old for good plans. Never taken: there are none, as after an upgrade."""
        return self.size >= SMALL and (self.analyzed is None or self.modified >= STALE * max(self.rows, 1))

    @property
    def fresh(self) -> bool:
        return self.size < SMALL or (self.analyzed is not None and self.modified < FRESH * max(self.rows, 1))

    @property
    def bloated(self) -> bool:
        """Whether whoever reads it goes through many rows that are dead."""
        return self.dead > MANY_DEAD and self.dead >= BLOATED * (self.rows + self.dead)

    @property
    def lean(self) -> bool:
        return self.dead <= MANY_DEAD or self.dead < LEAN * (self.rows + self.dead)


class Tables(Facts):
    """The tables of one database by name, those that are read most first; `large` is what counts as a large one."""

    tables: dict[str, Table]
    between: timedelta
    large: int

    def read(self) -> dict[str, Table]:
        """Tables that were read between the looks. Raises `LookupError` when none was: nothing can be judged."""
        found = {name: table for name, table in self.tables.items() if table.read}
        if not found:
            raise LookupError(f"no table was read within {self.between.total_seconds():g} s")
        return found

    def scanned(self) -> dict[str, Table]:
        """Large tables that were read from end to end."""
        return {name: table for name, table in self.read().items() if table.rows_per_scan >= self.large}

    def lacking(self) -> dict[str, Table]:
        """Large tables that were read from end to end and lack an index."""
        return {name: table for name, table in self.scanned().items() if table.unindexed}

    def stale(self) -> dict[str, Table]:
        """Tables that were read by plans made from stale statistics."""
        return {name: table for name, table in self.read().items() if table.stale}

    def bloated(self) -> dict[str, Table]:
        """Tables that were read and are full of dead rows."""
        return {name: table for name, table in self.read().items() if table.bloated}

    def __str__(self) -> str:
        busy = [(name, table) for name, table in self.tables.items() if table.read][:10]
        return "; ".join(f"{name}: {_said(table)}" for name, table in busy) or "no table was read"


def _said(table: Table) -> str:
    lacks = f", no index on {', '.join(table.unindexed)}" if table.unindexed else ""
    invalid = f", invalid index {', '.join(table.invalid)}" if table.invalid else ""
    return (
        f"{table.scans} scans of {table.rows_per_scan:.0f} rows, {table.lookups} uses of an index,"
        f" {_changed(table)}, {table.dead} dead{lacks}{invalid}"
    )


def _changed(table: Table) -> str:
    if table.analyzed is None:
        return "never analysed"
    return f"{table.modified} of {table.rows} rows changed since analysed"


@look("postgres:connect", bound=f"{AT_MOST} tables, two looks")
def read_tables(database: Postgres, *, wanted: tuple[str, ...], large: int, between: timedelta) -> Tables:
    """What is read how, within a moment (`rung.c357`; a table without any index counts too, unlike there).

    `wanted` are columns (`table.column`) that are expected to have an index; columns that refer to another table are
    looked at anyway. Raises `Permanent` when the role sees no tables.
    """
    with database.reading() as connection:
        before = {row["name"]: row for row in _count(connection)}
        clock.sleep(between.total_seconds())
        rows = _count(connection)
        columns = unindexed(connection, wanted)
        indexes = connection.execute(INDEXES).fetchall()
    if not rows:
        raise Permanent(f"{database.reader} sees no tables in {database.dbname}; check the saved block.")
    tables = {row["name"]: _table(row, before.get(row["name"], row)) for row in rows}
    for name, table in tables.items():
        of_this = [one for one in indexes if one["table"] == name]
        tables[name] = table.model_copy(
            update={
                "unindexed": tuple(columns.get(name, ())),
                "invalid": tuple(one["index"] for one in of_this if not one["building"]),
                "building": tuple(one["index"] for one in of_this if one["building"]),
            }
        )
    ordered = sorted(tables.items(), key=lambda pair: (-pair[1].scanned, -pair[1].lookups, pair[0]))
    return Tables(tables=dict(ordered), between=between, large=large)


INDEXES = """
    select i.indrelid::regclass::text as "table", coalesce(c.relname, '') as "index", p.relid is not null as building
    from pg_index i join pg_class c on c.oid = i.indexrelid
    left join pg_stat_progress_create_index p on p.index_relid = i.indexrelid or p.relid = i.indrelid
    where not i.indisvalid and i.indrelid in (select relid from pg_stat_user_tables)
"""


def _count(connection: Rows) -> list[dict[str, Any]]:
    # The counters of a transaction are a snapshot; outside one, each statement sees the newest.
    return connection.execute(
        """
        select relid::regclass::text as name, n_live_tup as rows, pg_relation_size(relid) as size,
               n_dead_tup as dead, n_mod_since_analyze as modified,
               now() - greatest(last_analyze, last_autoanalyze) as analyzed,
               now() - greatest(last_vacuum, last_autovacuum) as vacuumed,
               seq_scan as scans, seq_tup_read as scanned, coalesce(idx_scan, 0) as lookups
        from pg_stat_user_tables order by seq_tup_read + coalesce(idx_scan, 0) desc, 1 limit %s
        """,
        (AT_MOST,),
    ).fetchall()


def _table(now: dict[str, Any], before: dict[str, Any]) -> Table:
    grown = {name: now[name] - before[name] for name in ("scans", "scanned", "lookups")}
    if min(grown.values()) < 0:
        raise Temporary("The statistics were reset between two looks; look again.")
    kept = {name: now[name] for name in ("rows", "size", "dead", "modified", "analyzed", "vacuumed")}
    return Table(**kept, **grown)


def unindexed(connection: Rows, wanted: tuple[str, ...]) -> dict[str, list[str]]:
    """Columns by table that are wanted or refer to another table, and that no usable index begins with."""
    pairs = [one.rpartition(".") for one in wanted]
    rows = connection.execute(
        """
        with asked as (
            select attrelid, attnum from unnest(%(tables)s::text[], %(columns)s::text[]) as w(t, c)
            join pg_attribute on attrelid = to_regclass(w.t) and attname = w.c and attnum > 0 and not attisdropped
            union select conrelid, conkey[1] from pg_constraint where contype = 'f'
        )
        select a.attrelid::regclass::text as "table", a.attname as "column"
        from asked join pg_attribute a using (attrelid, attnum)
        where attrelid in (select relid from pg_stat_user_tables) and not exists (
            select from pg_index i where i.indrelid = a.attrelid and i.indkey[0] = a.attnum
            and i.indisvalid and i.indisready and i.indpred is null)
        order by 1, a.attnum
        """,
        {"tables": [table for table, _, _ in pairs], "columns": [column for _, _, column in pairs]},
    ).fetchall()
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(row["table"], []).append(row["column"])
    return found
