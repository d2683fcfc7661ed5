"""Creates missing indexes without locking anybody out, and drops them again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import psycopg
from psycopg import sql

from blocks.aws import Aws
from blocks.postgres import Postgres, Rows
from journal.facts.words import Answer, Effect
from journal.wording import span
from runbook import (
    CodeBlueError,
    Drifted,
    NotNeeded,
    NotSafe,
    Outcome,
    Plan,
    Result,
    Reversible,
    Target,
    Warrant,
    changes,
)
from tasks.cloudwatch.dimensions import of_database
from tasks.cloudwatch.read import read_metrics
from tasks.postgres.read import STATS, see_all
from tasks.postgres.tables import Table, read_tables, unindexed
from tasks.selections import TablesOf

OWNER = "postgres:owner"
"""Membership of the role that owns the tables: only an owner may create and drop their indexes."""

LONG = timedelta(minutes=5)
"""Building waits for every transaction that is older; one that is open for longer than this may keep it waiting."""

LOCKED = timedelta(seconds=30)
"""How long one step of building may wait for others."""

PATIENT = timedelta(minutes=3)
"""How long dropping may wait: the transaction that a build was stopped by keeps its remains from going, too."""

BUSY = (psycopg.errors.QueryCanceled, psycopg.errors.LockNotAvailable)

BYTES_PER_ENTRY = 40
"""What an index on one narrow column takes for each row, estimated high."""

HALF = 0.5
"""The share of the free storage that a new index may take: the server needs room for its log meanwhile."""


class IndexTarget(Target):
    """One index to be made: of a table, on one column."""

    table: str
    column: str
    index: str


@changes(
    IndexTarget,
    name="postgres.create_indexes_unmeasured",
    effect=Effect.REVERSIBLE,
    needs=("postgres:connect", OWNER),
    reads=("postgres:connect", STATS),
)
@dataclass(frozen=True, kw_only=True)
class CreateIndexesUnmeasured(Reversible[IndexTarget]):
    """CREATE INDEX CONCURRENTLY on the wanted columns whose tables are read from end to end now (`rung.c371`).

    `wanted` (`table.column`) is the whole of what may get an index. `large` and `between` are as in `read_tables`.
    `build_within` bounds one build, whatever the saved block says about statements. Nobody tells the free storage of
    this server, which the plan says.
    """

    database: Postgres
    wanted: tuple[str, ...]
    large: int
    between: timedelta
    build_within: timedelta = timedelta(minutes=15)

    @property
    def about(self) -> TablesOf:
        return TablesOf(columns=self.wanted)

    def plan(self) -> Plan[IndexTarget] | NotNeeded:
        tables = read_tables(self.database, wanted=self.wanted, large=self.large, between=self.between)
        lacking = tables.lacking() if any(table.read for table in tables.tables.values()) else {}
        meant = {
            name: columns
            for name, table in lacking.items()
            if (columns := [column for column in table.unindexed if f"{name}.{column}" in self.wanted])
        }
        if not meant:
            others = ", ".join(f"{name}.{column}" for name, table in lacking.items() for column in table.unindexed)
            hint = f" {others} have none either; add one to the wanted indexes if queries ask for it." if others else ""
            return NotNeeded(
                why=f"No large table is read from end to end for want of an index on {', '.join(self.wanted)}.{hint}"
            )
        self._refuse_while_busy({name: lacking[name] for name in meant})
        warnings = self._room(sum(lacking[name].rows * len(columns) for name, columns in meant.items()))
        targets = tuple(self._target(name, column, lacking[name]) for name in meant for column in meant[name])
        return Plan(
            change=self.name,
            summary=f"Create {', '.join(target.name for target in targets)} on {self.database.dbname}, concurrently:"
            " readers and writers go on.",
            targets=targets,
            out_of=len(self.wanted),
            warnings=(*warnings, "Building reads each table twice and waits for transactions that are open now."),
        )

    def _target(self, table: str, column: str, found: Table) -> IndexTarget:
        index = f"idx_{table.rpartition('.')[2]}_{column}"[:63]
        left = index in found.invalid
        return IndexTarget(
            name=f"{index} on {table} ({column})",
            before="an invalid index, left over from a build that failed" if left else "no index",
            after=f"an index of about {found.rows} entries",
            table=table,
            column=column,
            index=index,
        )

    def _refuse_while_busy(self, tables: dict[str, Table]) -> None:
        """Raise `NotSafe` while an index of these tables is being built, or a transaction is open for too long."""
        for name, table in tables.items():
            if table.building:
                raise NotSafe(f"An index of {name} is being built ({', '.join(table.building)}); wait for it.")
        with self.database.reading() as connection:
            see_all(self.database, connection)
            row = connection.execute(
                "select pid, now() - xact_start as open_for from pg_stat_activity"
                " where datname = current_database() and xact_start < now() - %s::interval order by xact_start limit 1",
                (LONG,),
            ).fetchone()
        if row is not None:
            raise NotSafe(
                f"Session {row['pid']} has had a transaction open for {span(row['open_for'])}, and building an index"
                " waits for it; end it first."
            )

    def _room(self, entries: int) -> tuple[str, ...]:
        """Warnings about what the indexes will take."""
        return (f"The indexes take about {entries * BYTES_PER_ENTRY / 1e6:.0f} MB; nobody looked at the free storage.",)

    def apply(self, plan: Plan[IndexTarget], warrant: Warrant) -> Outcome:
        with self.database.changing(warrant) as connection:
            lacking = unindexed(connection, self.wanted)
            left = [target for target in plan.targets if target.column in lacking.get(target.table, ())]
            if not left:
                raise Drifted("Every column of the plan has an index by now; nothing was built.")
            results = {target.name: _build(connection, target, self.build_within) for target in left}
        already = Result(name="", done=False, note="left alone: the column has an index by now")
        return Outcome(
            ok=any(result.done for result in results.values()),
            note=f"Built {sum(result.done for result in results.values())} of {len(plan.targets)} indexes.",
            results=tuple(results.get(t.name, already.model_copy(update={"name": t.name})) for t in plan.targets),
        )

    def landed(self, plan: Plan[IndexTarget]) -> tuple[Answer, str]:
        """By indisvalid. One that is not valid is either still being built, then nobody can say, or has failed."""
        with self.database.reading() as connection:
            states = {target.name: _state(connection, target) for target in plan.targets}
        text = ", ".join(f"{name}: {state}" for name, state in states.items()) + "."
        if "being built" in states.values():
            return Answer.UNKNOWN, text
        return (Answer.YES if set(states.values()) == {"valid"} else Answer.NO), text

    def undo(self, plan: Plan[IndexTarget], warrant: Warrant) -> Outcome:
        """Drop what was made, an invalid leftover too. An index of that name on something else is left alone."""
        with self.database.changing(warrant) as connection:
            results = tuple(_taken_back(connection, target) for target in plan.targets)
        stuck = [result for result in results if result.note == STUCK]
        dropped = sum(result.done for result in results)
        return Outcome(ok=not stuck, note=f"Dropped {dropped} of {len(results)} indexes.", results=results)

    def undone(self, plan: Plan[IndexTarget]) -> tuple[Answer, str]:
        with self.database.reading() as connection:
            left = [target.name for target in plan.targets if _state(connection, target) != "absent"]
        if left:
            return Answer.NO, f"Still there: {', '.join(left)}."
        return Answer.YES, "None of the indexes is there."


@changes(
    IndexTarget,
    name="postgres.create_indexes",
    effect=Effect.REVERSIBLE,
    needs=("postgres:connect", OWNER),
    reads=("postgres:connect", STATS, "cloudwatch:GetMetricData"),
)
@dataclass(frozen=True, kw_only=True)
class CreateIndexes(CreateIndexesUnmeasured):
    """The same on an instance of RDS, whose free storage is held against what the indexes will take."""

    aws: Aws
    instance: str

    def _room(self, entries: int) -> tuple[str, ...]:
        """Warnings about free storage. Raises `NotSafe` when the indexes would take more than half of it."""
        needs = entries * BYTES_PER_ENTRY
        free = of_database(self.instance)(name="free", metric="FreeStorageSpace", statistic="Minimum", unit="bytes")
        try:
            read = read_metrics(self.aws, (free,), window=timedelta(minutes=15), period=timedelta(minutes=1))
        except CodeBlueError as blind:
            return (f"The free storage is unknown ({blind}); the indexes take about {needs / 1e6:.0f} MB.",)
        has = read.series["free"].values[-1]
        if needs > has * HALF:
            raise NotSafe(
                f"The indexes take about {needs / 1e6:.0f} MB and {has / 1e6:.0f} MB are free; add storage first."
            )
        return ()


def _bound(connection: Rows, *, statement: timedelta, lock: timedelta) -> None:
    """Bounds of its own: statements of ten seconds would leave an invalid index behind on any real table."""
    for setting, value in (("statement_timeout", statement), ("lock_timeout", lock)):
        connection.execute("select set_config(%s, %s, false)", (setting, f"{int(value.total_seconds() * 1000)}ms"))


def _build(connection: Rows, target: IndexTarget, within: timedelta) -> Result:
    """Build one index; a build that fails takes its invalid leftover with it, if the table's users let it."""
    if _state(connection, target) != "absent" and not _drop(connection, target):
        return Result(name=target.name, done=False, note="not built: the invalid leftover could not be dropped")
    _bound(connection, statement=within, lock=LOCKED)
    try:
        connection.execute(
            sql.SQL("create index concurrently {} on {} ({})").format(
                sql.Identifier(target.index), _table(target), sql.Identifier(target.column)
            )
        )
    except (*BUSY, psycopg.errors.DiskFull) as error:
        left = "its remains were dropped" if _drop(connection, target) else "AN INVALID INDEX IS LEFT, drop it later"
        return Result(name=target.name, done=False, note=f"not built ({type(error).__name__}); {left}")
    return Result(name=target.name, done=True, note="built")


STUCK = "not dropped: a transaction that is open keeps it from going"


def _taken_back(connection: Rows, target: IndexTarget) -> Result:
    if _state(connection, target) == "absent":
        return Result(name=target.name, done=False, note="left alone: there is no such index")
    gone = _drop(connection, target)
    return Result(name=target.name, done=gone, note="dropped" if gone else STUCK)


def _drop(connection: Rows, target: IndexTarget) -> bool:
    """Drop the index, also without locking anybody out; whether it is gone."""
    _bound(connection, statement=PATIENT, lock=PATIENT)
    schema = target.table.rpartition(".")[0]
    name = sql.Identifier(schema, target.index) if schema else sql.Identifier(target.index)
    try:
        connection.execute(sql.SQL("drop index concurrently if exists {}").format(name))
    except BUSY:
        return False
    return True


def _table(target: IndexTarget) -> sql.Identifier:
    schema, _, table = target.table.rpartition(".")
    return sql.Identifier(schema, table) if schema else sql.Identifier(table)


def _state(connection: Rows, target: IndexTarget) -> str:
    """`valid`, `invalid`, `being built` or `absent`; an index of that name on another table or column is not ours."""
    row: dict[str, Any] | None = connection.execute(
        """
        select i.indisvalid and i.indisready as valid,
               exists (select from pg_stat_progress_create_index p where p.relid = i.indrelid) as building
        from pg_index i join pg_class c on c.oid = i.indexrelid
        join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
        where i.indrelid = to_regclass(%(table)s) and c.relname = %(index)s and a.attname = %(column)s
        """,
        {"table": target.table, "index": target.index, "column": target.column},
    ).fetchone()
    if row is None:
        return "absent"
    if row["valid"]:
        return "valid"
    return "being built" if row["building"] else "invalid"
