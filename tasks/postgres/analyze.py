"""Takes the statistics of tables anew, so that the planner knows what is in them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

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


class AnalyzeTarget(Target):
    """One table, with when its statistics were taken last as the plan saw it."""

    table: str
    analyzed: datetime | None


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
                after="taken anew",
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
            left = [target for target in plan.targets if _analyzed(connection, target) == target.analyzed]
            if not left:
                raise Drifted("The statistics of every planned table were taken in the meantime; nothing was done.")
            limit = f"{int(WITHIN.total_seconds() * 1000)}ms"
            connection.execute("select set_config('statement_timeout', %s, false)", (limit,))
            notes = {target.name: _analyze(connection, target) for target in left}
        results = tuple(
            Result(name=t.name, done=notes.get(t.name) == "taken anew", note=notes.get(t.name, "left alone: fresh now"))
            for t in plan.targets
        )
        done = sum(result.done for result in results)
        return Outcome(ok=done > 0, note=f"Analysed {done} of {len(plan.targets)} tables.", results=results)

    def landed(self, plan: Plan[AnalyzeTarget]) -> tuple[Answer, str]:
        with self.database.reading() as connection:
            old = [target.table for target in plan.targets if _analyzed(connection, target) == target.analyzed]
        if old:
            return Answer.NO, f"The statistics of {', '.join(old)} are as old as they were."
        return Answer.YES, "The statistics of every planned table are newer than the plan."


def _analyzed(connection: Rows, target: AnalyzeTarget) -> datetime | None:
    row = connection.execute(
        "select greatest(last_analyze, last_autoanalyze) as at from pg_stat_user_tables where relid = to_regclass(%s)",
        (target.table,),
    ).fetchone()
    if row is None:
        raise Drifted(f"There is no table {target.table} any more; plan again.")
    return row["at"]


def _analyze(connection: Rows, target: AnalyzeTarget) -> str:
    schema, _, table = target.table.rpartition(".")
    name = sql.Identifier(schema, table) if schema else sql.Identifier(table)
    try:
        connection.execute(sql.SQL("analyze {}").format(name))
    except (psycopg.errors.QueryCanceled, psycopg.errors.LockNotAvailable) as error:
        return f"not done ({type(error).__name__}): somebody else is working on the table"
    return "taken anew"
