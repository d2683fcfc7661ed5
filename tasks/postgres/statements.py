"""Looks at which statements take a server's time, and at whether slow ones are logged. Never at a statement's text.

The text of a utility statement may hold what somebody typed into it, in a clinical system a patient's name. The query
id leads whoever may see the text to it: `select query from pg_stat_statements where queryid = ...`.
"""

from __future__ import annotations

from datetime import timedelta

import psycopg
from psycopg import sql

from blocks.postgres import Postgres
from runbook import Facts, Permanent, look
from tasks.postgres.read import STATS

RENAMED = 13_00_00
"""From this server version on the column is called total_exec_time."""

TOP = 10
"""Statements that are named (`rung.t353`)."""


class Statement(Facts):
    """One statement: its id, how often it ran, and its share of all statements' time (0..1)."""

    id: str
    calls: int
    mean: timedelta
    share: float


class Statements(Facts):
    """The statements that took most time since the statistics were last reset, most first."""

    top: tuple[Statement, ...]

    @property
    def share(self) -> float:
        """What the first of them took of all the time. Raises `LookupError` when nothing was recorded yet."""
        if not self.top:
            raise LookupError("pg_stat_statements has recorded nothing")
        return self.top[0].share

    def __str__(self) -> str:
        shown = (
            f"{one.id}: {one.calls} calls, {one.mean.total_seconds() * 1000:.3g} ms on average, {one.share:.0%}"
            for one in self.top[:3]
        )
        return "; ".join(shown) or "pg_stat_statements has recorded nothing"


@look("postgres:connect", STATS, bound=f"{TOP} rows")
def read_statements(database: Postgres) -> Statements:
    """The statements of this database by total time (`rung.c349`, with the columns of the server's version).

    Raises `Permanent` when the extension is missing or not loaded: that is unknown, not fast.
    """
    with database.reading() as connection:
        row = connection.execute(
            "select current_setting('server_version_num')::int as version,"
            " (select nspname from pg_extension join pg_namespace n on n.oid = extnamespace"
            "  where extname = 'pg_stat_statements') as schema"
        ).fetchone()
        if row is None or row["schema"] is None:
            raise Permanent(
                f"{database.dbname} has no pg_stat_statements, so nobody counts its statements; add it to"
                " shared_preload_libraries (a reboot) and run CREATE EXTENSION pg_stat_statements."
            )
        total = "total_exec_time" if row["version"] >= RENAMED else "total_time"
        try:
            rows = connection.execute(
                sql.SQL(
                    "select coalesce(queryid::text, 'hidden') as id, calls, {total} as total,"
                    " sum({total}) over () as everything from {schema}.pg_stat_statements"
                    " where dbid = (select oid from pg_database where datname = current_database())"
                    " order by {total} desc limit %s"
                ).format(total=sql.Identifier(total), schema=sql.Identifier(row["schema"])),
                (TOP,),
            ).fetchall()
        except psycopg.errors.ObjectNotInPrerequisiteState as error:
            raise Permanent(
                "pg_stat_statements is created but not loaded; add it to shared_preload_libraries and reboot."
            ) from error
    if any(one["id"] == "hidden" for one in rows):
        raise Permanent(f"{database.reader} may not see whose statements these are; grant it pg_read_all_stats.")
    return Statements(
        top=tuple(
            Statement(
                id=one["id"],
                calls=one["calls"],
                mean=timedelta(milliseconds=one["total"] / max(one["calls"], 1)),
                share=one["total"] / one["everything"] if one["everything"] else 0.0,
            )
            for one in rows
        )
    )


class Logging(Facts):
    """What the server does with slow statements. `None`: they are not logged."""

    slow_after: timedelta | None
    counts_statements: bool

    def __str__(self) -> str:
        logged = "not logged" if self.slow_after is None else f"logged from {self.slow_after.total_seconds():g} s on"
        counted = "counted" if self.counts_statements else "not counted: pg_stat_statements is not there"
        return f"slow statements are {logged}; statements are {counted}"


@look("postgres:connect", STATS, bound="one row")
def read_logging(database: Postgres) -> Logging:
    """Whether the server logs slow statements and counts all of them (`rung.p347`)."""
    with database.reading() as connection:
        row = connection.execute(
            "select (select setting::int from pg_settings where name = 'log_min_duration_statement') as ms,"
            " exists (select from pg_extension where extname = 'pg_stat_statements') as counts"
        ).fetchone()
    if row is None or row["ms"] is None:
        raise Permanent("The server does not say what it logs; look by hand.")
    slow_after = None if row["ms"] < 0 else timedelta(milliseconds=row["ms"])
    return Logging(slow_after=slow_after, counts_statements=row["counts"])
