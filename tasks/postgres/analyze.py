"""Takes the statistics of tables anew, so that the planner knows what is in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import LiteralString

import psycopg
from psycopg import sql

from blocks.postgres import Postgres, Rows
from journal.facts.words import Answer, Effect
from journal.wording import clock
from runbook import Change, Drifted, NotNeeded, Outcome, Plan, Result, Target, Warrant, changes
from tasks.postgres.index import OWNER
from tasks.postgres.tables import SMALL, STALE
from tasks.selections import TablesOf

WITHIN = timedelta(minutes=5)
"""How long taking the statistics of one table may last; it reads a sample, never the whole table."""


ANEW = "taken anew"


class OfTable(Target):
    """One table that is seen to."""

    table: str


class AnalyzeTarget(OfTable):
    """One table, with when its statistics were taken last as the plan saw it."""

    analyzed: datetime | None


ANALYZED: LiteralString = "greatest(last_analyze, last_autoanalyze)"
"""When the statistics of a table were taken last, in `pg_stat_user_tables`."""


@changes(
    AnalyzeTarget,
    name="postgres.analyze_tables",
    effect=Effect.REVERSIBLE,
    needs=("postgres:connect", OWNER),
    reads=("postgres:connect",),
)
@dataclass(frozen=True, kw_only=True)
class AnalyzeTables(Change[AnalyzeTarget]):
    """ANALYZE those of the named tables whose statistics are stale (`rung.c381`).

    There is no way back to the old statistics, and nobody would want one: they describe rows that are no more.
    """

    database: Postgres
    tables: tuple[str, ...]

    @property
    def about(self) -> TablesOf:
        return TablesOf(tables=self.tables)

    def plan(self) -> Plan[AnalyzeTarget] | NotNeeded:
        with self.database.reading() as connection:
            rows = connection.execute(
                """
                select relid::regclass::text as name, n_live_tup as rows, n_mod_since_analyze as modified,
                       greatest(last_analyze, last_autoanalyze) as at
                from pg_stat_user_tables where relid in (select to_regclass(t) from unnest(%(tables)s::text[]) as t)
                and pg_relation_size(relid) >= %(small)s
                and (greatest(last_analyze, last_autoanalyze) is null
                     or n_mod_since_analyze >= %(stale)s * greatest(n_live_tup, 1))
                order by 1
                """,
                {"tables": list(self.tables), "small": SMALL, "stale": STALE},
            ).fetchall()
        if not rows:
            return NotNeeded(why=f"The statistics of {', '.join(self.tables)} are fresh.")
        targets = tuple(
            AnalyzeTarget(
                name=f"statistics of {row['name']}",
                before=f"{row['modified']} of {row['rows']} rows changed since {clock(row['at'])} UTC"
                if row["at"]
                else "never taken",
                after=ANEW,
                table=row["name"],
                analyzed=row["at"],
            )
            for row in rows
        )
        return Plan(
            change=self.name,
            summary=f"Take the statistics of {', '.join(target.table for target in targets)} anew.",
            targets=targets,
            out_of=len(self.tables),
            warnings=("Plans of all queries on these tables may change.",),
        )

    def apply(self, plan: Plan[AnalyzeTarget], warrant: Warrant) -> Outcome:
        with self.database.changing(warrant) as connection:
            left = [one for one in plan.targets if tended(connection, one.table, ANALYZED) == one.analyzed]
            if not left:
                raise Drifted("The statistics of every planned table were taken in the meantime; nothing was done.")
            notes = tend(connection, "analyze {}", left, within=WITHIN, done=ANEW)
        results = tuple(
            Result(name=t.name, done=notes.get(t.name) == ANEW, note=notes.get(t.name, "left alone: fresh now"))
            for t in plan.targets
        )
        done = sum(result.done for result in results)
        return Outcome(ok=done > 0, note=f"Analysed {done} of {len(plan.targets)} tables.", results=results)

    def landed(self, plan: Plan[AnalyzeTarget]) -> tuple[Answer, str]:
        with self.database.reading() as connection:
            old = [one.table for one in plan.targets if tended(connection, one.table, ANALYZED) == one.analyzed]
        if old:
            return Answer.NO, f"The statistics of {', '.join(old)} are as old as they were."
        return Answer.YES, "The statistics of every planned table are newer than the plan."


def tended(connection: Rows, table: str, when: LiteralString) -> datetime | None:
    """When a table was last seen to, by a column of `pg_stat_user_tables`. Raises `Drifted` where it is gone."""
    row = connection.execute(
        f"select {when} as at from pg_stat_user_tables where relid = to_regclass(%s)", (table,)
    ).fetchone()
    if row is None:
        raise Drifted(f"There is no table {table} any more; plan again.")
    return row["at"]


def tend(
    connection: Rows, statement: LiteralString, targets: Sequence[OfTable], *, within: timedelta, done: str
) -> dict[str, str]:
    """See to one table after another; what became of each by its name, `done` where it went well."""
    limit = f"{int(within.total_seconds() * 1000)}ms"
    connection.execute("select set_config('statement_timeout', %s, false)", (limit,))
    return {one.name: _tend(connection, statement, one.table, done) for one in targets}


def _tend(connection: Rows, statement: LiteralString, whole: str, done: str) -> str:
    schema, _, table = whole.rpartition(".")
    name = sql.Identifier(schema, table) if schema else sql.Identifier(table)
    try:
        connection.execute(sql.SQL(statement).format(name))
    except (psycopg.errors.QueryCanceled, psycopg.errors.LockNotAvailable) as error:
        return f"not done ({type(error).__name__}): somebody else is working on the table"
    return done
