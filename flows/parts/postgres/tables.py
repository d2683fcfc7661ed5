"""Tables that are read from end to end, or are no longer what their statistics say."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Annotated, TypeVar

from pydantic import Field, StringConstraints

from blocks.aws import Aws
from blocks.shapes import HasDatabase
from flows.parts.asked import DEVISED, Asked
from flows.parts.postgres.activity import AskedActivity
from flows.parts.postgres.connections import ON_CALL
from flows.parts.postgres.statements import AskedStatements
from runbook import (
    Approval,
    Context,
    Evidence,
    Form,
    Guardrail,
    Hypothesis,
    Irreversible,
    Mitigation,
    Probe,
    Strength,
    WayBack,
    probe,
)
from runbook.probe import E_contra, P_contra
from tasks.postgres.analyze import AnalyzeTables
from tasks.postgres.index import CreateIndexes, CreateIndexesUnmeasured
from tasks.postgres.tables import Table, Tables, read_tables
from tasks.postgres.vacuum import VacuumTables
from tasks.selections import TablesOf

E = TypeVar("E", bound=HasDatabase)
P = TypeVar("P", bound=Form)
T = TypeVar("T", bound="TablesForm")

Name = Annotated[str, StringConstraints(pattern=r"^[a-z_][a-z0-9_]*$", max_length=63)]
Names = Annotated[tuple[Name, ...], Field(max_length=50, description="Tables whose statistics may be taken anew.")]

Column = Annotated[str, StringConstraints(pattern=r"^[a-z_][a-z0-9_]*\.[a-z_][a-z0-9_]*$", max_length=127)]
Columns = Annotated[
    tuple[Column, ...],
    Field(
        max_length=20,
        description="Columns (table.column) that may get an index, if their tables are scanned for want of it.",
    ),
]


class TablesForm(Form):
    """Which tables and columns are meant; a runbook gives its own as defaults."""

    between: timedelta = Field(
        default=timedelta(seconds=3),
        ge=timedelta(milliseconds=200),
        le=timedelta(seconds=5),
        description="Time between two looks at what is read from which table.",
    )
    large: int = Field(default=10_000, ge=1000, description="Rows from which on a table is large: no scan is quick.")
    indexes: Columns = ()
    tables: Names = ()


def wanted(c: Context[HasDatabase, TablesForm]) -> TablesOf:
    """The tables that may be analysed, and the columns that may get an index."""
    return TablesOf(tables=c.params.tables, columns=c.params.indexes)


class AskedTables(Asked[E_contra, P_contra, Tables]):
    @cached_property
    def lacking(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            "a large table (`large`) is read from end to end and lacks an index on a column that is looked up",
            lambda r: bool(r.lacking()),
        )

    @cached_property
    def by_index(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows("no large table (`large`) is read from end to end", lambda r: not r.scanned())

    @cached_property
    def stale(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            "a table that is read has changed by a fifth or more since its statistics were taken, or never had any",
            lambda r: bool(r.stale()),
        )

    @cached_property
    def fresh(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            "every table that is read has changed by less than a tenth since its statistics were taken",
            lambda r: all(table.fresh for table in r.read().values()),
        )

    @cached_property
    def bloated(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            "a table that is read holds more than 10,000 dead rows, and at least a fifth of its rows are dead",
            lambda r: bool(r.bloated()),
        )

    @cached_property
    def lean(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            "every table that is read holds at most 10,000 dead rows, or less than a tenth of its rows are dead",
            lambda r: all(table.lean for table in r.read().values()),
        )


def tables(source: str = DEVISED) -> Probe[HasDatabase, TablesForm, Tables]:
    @probe(
        read_tables,
        asks="Which tables are read from end to end, which lack an index, whose statistics are stale?",
        source=source,
        timeout=timedelta(seconds=15),
        about=wanted,
    )
    def tables(c: Context[HasDatabase, TablesForm], of: TablesOf) -> Tables:
        p = c.params
        return read_tables(c.env.database, wanted=of.columns, large=p.large, between=p.between)

    return tables


def missing_index(
    tables: AskedTables[E, P],
    activity: AskedActivity[E, P],
    statements: AskedStatements[E, P],
    source: str = DEVISED,
    *,
    prior: float = 0.4,
) -> Hypothesis[E, P]:
    return Hypothesis(
        name="missing_index",
        claim="A large table is read from end to end, because it has no index on what is looked up.",
        supported_by=(tables.lacking, activity.computing, statements.heavy),
        refuted_by=(tables.by_index, activity.locked),
        strength=(
            (tables.lacking, Strength.DECISIVE),
            (activity.computing, Strength.HINT),
            (statements.heavy, Strength.HINT),
        ),
        prior=prior,
        source=source,
    )


def stale_statistics(
    tables: AskedTables[E, P], activity: AskedActivity[E, P], source: str = DEVISED, *, prior: float = 0.2
) -> Hypothesis[E, P]:
    return Hypothesis(
        name="stale_statistics",
        claim="The planner chooses bad plans, because a table is no longer what its statistics say.",
        supported_by=(tables.stale,),
        refuted_by=(tables.fresh, activity.locked),
        strength=((tables.stale, Strength.DECISIVE), (tables.fresh, Strength.DECISIVE)),
        prior=prior,
        source=source,
    )


def _left(tables: dict[str, Table], mended: set[str]) -> dict[str, Table]:
    """The tables that a change leaves as they are."""
    return {name: table for name, table in tables.items() if name not in mended}


def _anew(tables: dict[str, Table], analyzed: set[str]) -> dict[str, Table]:
    """The tables once the statistics of some were taken just now."""
    return {
        name: table.model_copy(update={"modified": 0, "analyzed": table.analyzed or EVER})
        if name in analyzed
        else table
        for name, table in tables.items()
    }


EVER = datetime(1970, 1, 1, tzinfo=UTC)
"""Stands for a moment at which statistics were taken; whether there is one is all that counts."""


def bloat(
    tables: AskedTables[E, P], activity: AskedActivity[E, P], source: str = DEVISED, *, prior: float = 0.2
) -> Hypothesis[E, P]:
    return Hypothesis(
        name="bloat",
        claim="Whoever reads a table goes through many rows that are dead and were never taken out.",
        supported_by=(tables.bloated, activity.computing),
        refuted_by=(tables.lean, activity.locked),
        strength=(
            (tables.bloated, Strength.DECISIVE),
            (activity.computing, Strength.HINT),
            (tables.lean, Strength.DECISIVE),
        ),
        prior=prior,
        source=source,
    )


def vacuum_tables(
    treats: Hypothesis[E, T], tables: AskedTables[E, T], source: str = DEVISED, *, by: str = ON_CALL
) -> Mitigation[E, T]:
    return Mitigation(
        name="vacuum_tables",
        title="Take the dead rows out of the tables, without locking anybody out",
        treats=treats,
        change=lambda c: VacuumTables(database=c.env.database, tables=c.params.tables),
        approval=Approval(by=by, risk="It reads whole tables and their indexes beside everybody else's work."),
        guardrail=Guardrail(at_most=3, cooldown=timedelta(minutes=10)),
        undo=Irreversible("What is taken out is what nobody can see; there is nothing to put back."),
        validated_by=tables.lean,
        expects=lambda r, p: r.model_copy(update={"tables": _vacuumed(r.tables, {one.table for one in p.targets})}),
        leaves="what let the dead rows pile up goes on; whoever owns the table must see why autovacuum did not come.",
        source=source,
    )


def _vacuumed(tables: dict[str, Table], done: set[str]) -> dict[str, Table]:
    return {
        name: table.model_copy(update={"dead": 0, "vacuumed": timedelta(0)}) if name in done else table
        for name, table in tables.items()
    }


def analyze_tables(
    treats: Hypothesis[E, T], tables: AskedTables[E, T], source: str = DEVISED, *, by: str = ON_CALL
) -> Mitigation[E, T]:
    return Mitigation(
        name="analyze_tables",
        title="Take the statistics of the changed tables anew",
        treats=treats,
        change=lambda c: AnalyzeTables(database=c.env.database, tables=c.params.tables),
        approval=Approval(by=by, risk="Plans of all queries on these tables may change, also for worse."),
        guardrail=Guardrail(at_most=20, cooldown=timedelta(minutes=1)),
        undo=Irreversible("The old statistics describe rows that are no more; nobody could want them back."),
        validated_by=tables.fresh,
        expects=lambda r, p: r.model_copy(update={"tables": _anew(r.tables, {one.table for one in p.targets})}),
        source=source,
    )


def create_indexes(
    treats: Hypothesis[E, T],
    tables: AskedTables[E, T],
    source: str = DEVISED,
    *,
    storage: Callable[[Context[E, T]], tuple[Aws, str]] | None = None,
    by: str = ON_CALL,
) -> Mitigation[E, T]:
    """`storage` says which instance's free storage is held against what the indexes will take (`rds.storage`).

    Without it nobody looks, and the plan says so.
    """

    def change(c: Context[E, T]) -> CreateIndexesUnmeasured:
        p, database = c.params, c.env.database
        if storage is None:
            return CreateIndexesUnmeasured(database=database, wanted=p.indexes, large=p.large, between=p.between)
        aws, instance = storage(c)
        return CreateIndexes(
            database=database, wanted=p.indexes, large=p.large, between=p.between, aws=aws, instance=instance
        )

    return Mitigation(
        name="create_indexes",
        title="Create the missing indexes, without locking anybody out",
        treats=treats,
        change=change,
        approval=Approval(
            by=by, risk="Building reads the whole table twice; every later write keeps the index up to date."
        ),
        guardrail=Guardrail(at_most=3, cooldown=timedelta(minutes=1)),
        undo=WayBack("The indexes are dropped again, also concurrently; an invalid leftover of a failed build too."),
        validated_by=tables.by_index,
        expects=lambda r, p: r.model_copy(update={"tables": _left(r.tables, {one.table for one in p.targets})}),
        source=source,
    )
