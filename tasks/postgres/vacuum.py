"""Takes dead rows out of tables, so that whoever reads them no longer goes through what nobody can see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import LiteralString

from blocks.postgres import Postgres, Rows
from journal.facts.words import Answer, Effect
from journal.wording import clock, span
from runbook import Change, Drifted, NotNeeded, NotSafe, Outcome, Plan, Result, Warrant, changes
from tasks.postgres.analyze import OfTable, tend, tended
from tasks.postgres.index import OWNER
from tasks.postgres.read import STATS, see_all
from tasks.postgres.tables import BLOATED, MANY_DEAD
from tasks.selections import TablesOf

WITHIN = timedelta(minutes=30)
"""How long vacuuming one table may last: it reads all of it, and whatever it has done by then is done."""

OLD = timedelta(minutes=5)
"""What a transaction that is open for longer could still see is not taken out."""

VACUUMED: LiteralString = "greatest(last_vacuum, last_autovacuum)"
DONE = "vacuumed"


class VacuumTarget(OfTable):
    """One table, with when it was vacuumed last as the plan saw it."""

    vacuumed: datetime | None


@changes(
    VacuumTarget,
    name="postgres.vacuum_tables",
    effect=Effect.REVERSIBLE,
    needs=("postgres:connect", OWNER),
    reads=("postgres:connect", STATS),
)
@dataclass(frozen=True, kw_only=True)
class VacuumTables(Change[VacuumTarget]):
    """VACUUM (ANALYZE) those of the named tables that are full of dead rows, beside everybody who uses them.

    Never FULL, which locks everybody out and needs a second copy of the table on a disk that may be full. There is no
    way back, and nobody could want one: what is taken out is what nobody can see.
    """

    database: Postgres
    tables: tuple[str, ...]

    @property
    def about(self) -> TablesOf:
        return TablesOf(tables=self.tables)

    def plan(self) -> Plan[VacuumTarget] | NotNeeded:
        with self.database.reading() as connection:
            rows = connection.execute(
                f"""
                select relid::regclass::text as name, n_live_tup as rows, n_dead_tup as dead, {VACUUMED} as at,
                       relid in (select relid from pg_stat_progress_vacuum) as under_way
                from pg_stat_user_tables where relid in (select to_regclass(t) from unnest(%(tables)s::text[]) as t)
                and n_dead_tup > %(many)s and n_dead_tup >= %(bloated)s * (n_live_tup + n_dead_tup)
                order by n_dead_tup desc, 1
                """,
                {"tables": list(self.tables), "many": MANY_DEAD, "bloated": BLOATED},
            ).fetchall()
            if rows:
                _refuse_in_vain(connection, self.database)
        left = [row for row in rows if not row["under_way"]]
        if not left:
            why = "are being vacuumed" if rows else "hold few dead rows"
            return NotNeeded(why=f"Of {', '.join(self.tables)}, all {why}.")
        targets = tuple(
            VacuumTarget(
                name=f"dead rows of {row['name']}",
                before=f"{row['dead']} beside {row['rows']} that live, "
                + (f"vacuumed {clock(row['at'])} UTC" if row["at"] else "never vacuumed"),
                after="taken out",
                table=row["name"],
                vacuumed=row["at"],
            )
            for row in left
        )
        return Plan(
            change=self.name,
            summary=f"Take the dead rows out of {', '.join(target.table for target in targets)}.",
            targets=targets,
            out_of=len(self.tables),
            warnings=(
                "It reads each table whole, and its indexes; nobody is locked out, and the file stays as large.",
                "Statistics are taken anew as well, so that plans of queries may change.",
            ),
        )

    def apply(self, plan: Plan[VacuumTarget], warrant: Warrant) -> Outcome:
        with self.database.changing(warrant) as connection:
            left = [one for one in plan.targets if tended(connection, one.table, VACUUMED) == one.vacuumed]
            if not left:
                raise Drifted("Every planned table was vacuumed in the meantime; nothing was done.")
            notes = tend(connection, "vacuum (analyze) {}", left, within=WITHIN, done=DONE)
        results = tuple(
            Result(name=one.name, done=notes.get(one.name) == DONE, note=notes.get(one.name, "left alone: done since"))
            for one in plan.targets
        )
        done = sum(result.done for result in results)
        return Outcome(ok=done > 0, note=f"Vacuumed {done} of {len(plan.targets)} tables.", results=results)

    def landed(self, plan: Plan[VacuumTarget]) -> tuple[Answer, str]:
        with self.database.reading() as connection:
            old = [one.table for one in plan.targets if tended(connection, one.table, VACUUMED) == one.vacuumed]
        if old:
            return Answer.NO, f"{', '.join(old)} has not been vacuumed since the plan."
        return Answer.YES, "Every planned table was vacuumed since the plan."


def _refuse_in_vain(connection: Rows, database: Postgres) -> None:
    """Raise `NotSafe` while somebody could still see what is dead: a vacuum would read everything and free nothing."""
    see_all(database, connection)
    row = connection.execute(
        """
        select (select count(*) from pg_stat_activity where pid <> pg_backend_pid() and backend_xmin is not null
                and datname = current_database() and now() - xact_start > %(old)s)
             + (select count(*) from pg_prepared_xacts where database = current_database()
                and now() - prepared > %(old)s) as held
        """,
        {"old": OLD},
    ).fetchone()
    if row and row["held"]:
        raise NotSafe(
            f"{row['held']} transactions have been open for longer than {span(OLD)} and could still see dead rows, so"
            " none would be taken out; have them ended first."
        )
