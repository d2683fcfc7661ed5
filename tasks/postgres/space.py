"""Looks at what takes the space of a PostgreSQL server: databases, WAL that is kept, temporary files, dead rows.

Shares are of all that is counted here, since a server does not know how large its disk is.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from blocks.postgres import Postgres, Rows
from runbook import Facts, Permanent, look
from runbook.series import measured
from runbook.shares import share
from tasks.postgres.read import STATS, see_all
from tasks.postgres.selection import SessionsOf

MONITOR = "postgres:pg_monitor"
"""Without it nobody may list temporary files."""

SLOTS, TABLES, SAMPLE = 20, 10, 1000
"""Slots and tables that are told, those that hold most first; pages of a table that are looked into."""

SIZES = """
    (select coalesce(sum(pg_database_size(oid)), 0)::bigint from pg_database) as databases,
    (select coalesce(sum(size), 0)::bigint from pg_ls_tmpdir()) as temporary,
    (select coalesce(max(pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)), 0)::bigint
     from pg_replication_slots) as kept
"""


class Sizes(Facts):
    """What a server stores, in bytes: all databases, temporary files, and WAL that replication slots keep."""

    databases: int
    temporary: int
    kept: int

    def of_all(self, count: float) -> float:
        """A part as a share (0..1) of all that is stored."""
        return share(count, self.databases + self.temporary + self.kept, "bytes")


class TableSpace(Facts):
    """One table with its indexes, in bytes, and how much of that are rows that nobody can see any more."""

    size: int
    dead: int


class Space(Sizes):
    """What takes the space. `idle` are slots that nobody reads, with what each keeps; tables are of one database."""

    idle: dict[str, int]
    tables: dict[str, TableSpace]

    @property
    def of_idle(self) -> float:
        """What slots that nobody reads keep, as a share of all that is stored."""
        return self.of_all(max(self.idle.values(), default=0))

    @property
    def of_dead(self) -> float:
        """What dead rows take, as a share of all that is stored."""
        return self.of_all(sum(table.dead for table in self.tables.values()))

    def figures(self) -> Mapping[str, tuple[float, str]]:
        return {"kept by idle slots": (max(self.idle.values(), default=0), "bytes")}

    def __str__(self) -> str:
        said = [f"databases {_size(self.databases)}", f"temporary files {_size(self.temporary)}"]
        said += [f"WAL that slots keep {_size(self.kept)}"]
        said += [f"idle slot {name} keeps {_size(kept)}" for name, kept in self.idle.items()]
        said += [
            f"{name} {_size(table.size)}" + (f", {_size(table.dead)} of it dead" if table.dead else "")
            for name, table in list(self.tables.items())[:5]
        ]
        return "; ".join(said)


class Spilled(Sizes):
    """Temporary files by whose queries they are: `long` by those of one selection that have run for long."""

    long: int
    queries: int

    @property
    def of_long(self) -> float:
        """What those queries hold, as a share of all that is stored."""
        return self.of_all(self.long)

    def figures(self) -> Mapping[str, tuple[float, str]]:
        return {"temporary files": (self.temporary, "bytes")}

    def __str__(self) -> str:
        return (
            f"temporary files {_size(self.temporary)}, of which {self.queries} queries of the application that run for"
            f" long hold {_size(self.long)}"
        )


class Aged(Sizes):
    """One table that only grows: its size in bytes, and how many of the rows looked at are older than was asked."""

    table: str
    size: int
    seen: int
    old: int
    older_than: timedelta

    @property
    def of_old(self) -> float:
        """What its old rows take, as a share of all that is stored. Raises `LookupError` of too few rows."""
        return self.of_all(self.size * share(self.old, self.seen, f"rows of {self.table}"))

    def __str__(self) -> str:
        return (
            f"{self.table} {_size(self.size)}; of {self.seen} rows of it {self.old} are older than"
            f" {self.older_than.days} days"
        )


def _size(count: float) -> str:
    return measured(count, "bytes")


@look("postgres:connect", STATS, MONITOR, bound=f"one row, {SLOTS} slots and {TABLES} tables")
def read_space(database: Postgres) -> Space:
    """What takes the space of the server, and of the database's own tables."""
    with database.reading() as connection:
        sizes = _sizes(connection)
        slots = connection.execute(
            """
            select slot_name as name, pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)::bigint as kept
            from pg_replication_slots where not active and restart_lsn is not null order by 2 desc, 1 limit %s
            """,
            (SLOTS,),
        ).fetchall()
        tables = connection.execute(
            """
            select relid::regclass::text as name, pg_total_relation_size(relid) as size,
                   (pg_table_size(relid) * n_dead_tup / greatest(n_live_tup + n_dead_tup, 1))::bigint as dead
            from pg_stat_user_tables order by 2 desc, 1 limit %s
            """,
            (TABLES,),
        ).fetchall()
    return Space(
        **sizes,
        idle={row["name"]: row["kept"] for row in slots},
        tables={row["name"]: TableSpace(size=row["size"], dead=row["dead"]) for row in tables},
    )


@look("postgres:connect", STATS, MONITOR, bound="one row")
def read_spilled(database: Postgres, whose: SessionsOf) -> Spilled:
    """Whose queries hold the temporary files. What parallel workers share is counted in none of them.

    Raises `Permanent` when the role cannot see other people's sessions.
    """
    with database.reading() as connection:
        see_all(database, connection)
        row = connection.execute(
            f"""
            with files as (
                select (regexp_match(name, '^pgsql_tmp(\\d+)'))[1]::int as pid, sum(size) as size
                from pg_ls_tmpdir() group by 1
            )
            select coalesce(sum(size), 0)::bigint as long, count(*) as queries
            from files join (select pid from pg_stat_activity where {whose.where}
                             and state = 'active' and query_start < now() - %(active)s) as running using (pid)
            """,
            {**whose.values, "active": whose.longer_than("active")},
        ).fetchone()
        return Spilled(**_sizes(connection), **(row or {"long": 0, "queries": 0}))


@look(
    "postgres:connect",
    STATS,
    MONITOR,
    "postgres:select:domain_events(occurred_at)",
    bound=f"{SAMPLE} pages of one table, counted",
)
def read_aged_events(database: Postgres, *, older_than: timedelta) -> Aged:
    """How much of the event store is old, by a sample of its pages. No other column is read."""
    table = "domain_events"
    with database.reading() as connection:
        found = connection.execute(
            """
            select pg_total_relation_size(c) as size, greatest(pg_relation_size(c) / 8192, 1) as pages
            from to_regclass(%s) as c where c is not null
            """,
            (table,),
        ).fetchone()
        if found is None:
            raise Permanent(f"{database.reader} sees no table {table} in {database.dbname}; check the saved block.")
        row = connection.execute(
            """
            select count(*) as seen, count(*) filter (where occurred_at < now() - %(older)s) as old
            from domain_events tablesample system (%(percent)s) repeatable (1)
            """,
            {"older": older_than, "percent": min(100.0, 100.0 * SAMPLE / found["pages"])},
        ).fetchone()
        counted = row or {"seen": 0, "old": 0}
        return Aged(**_sizes(connection), table=table, size=found["size"], older_than=older_than, **counted)


def _sizes(connection: Rows) -> dict[str, Any]:
    row = connection.execute(f"select {SIZES}").fetchone()
    if row is None:
        raise Permanent("The server returned no row for its own sizes; look by hand.")
    return row
