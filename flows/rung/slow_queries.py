"""Queries take long: an index is missing, statistics are stale, somebody holds locks, or the instance is too small."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any

from prefect.client.schemas.objects import State
from pydantic import Field, StringConstraints

from blocks.rung import Rung
from flows.follow import follow
from flows.forms import Period
from flows.incident import runbook_flow
from runbook import (
    Alert,
    Approval,
    Context,
    Form,
    Guardrail,
    Hypothesis,
    Irreversible,
    Manual,
    Mitigation,
    Refusal,
    Runbook,
    Severity,
    Strength,
    WayBack,
    probe,
)
from tasks.cloudwatch.dimensions import of_database
from tasks.cloudwatch.read import Metrics, read_metrics
from tasks.postgres.activity import Activity, Blockers, read_activity, read_blockers
from tasks.postgres.analyze import AnalyzeTables
from tasks.postgres.index import CreateIndexes
from tasks.postgres.statements import Logging, Statements, read_logging, read_statements
from tasks.postgres.tables import Tables, read_tables
from tasks.postgres.unblock import EndBlockers
from tasks.postgres.whose import Whose
from tasks.selections import TablesOf

Name = Annotated[str, StringConstraints(pattern=r"^[a-z_][a-z0-9_]*$", max_length=63)]
Column = Annotated[str, StringConstraints(pattern=r"^[a-z_][a-z0-9_]*\.[a-z_][a-z0-9_]*$", max_length=127)]


class Params(Form):
    environment: str = Field(default="rung-prod", min_length=1, description="Saved environment to work on.")
    slow_after: timedelta = Field(
        default=timedelta(seconds=1),
        ge=timedelta(milliseconds=10),
        description="A query that has run for longer than this is slow.",
    )
    over: timedelta = Field(
        default=timedelta(seconds=2),
        ge=timedelta(milliseconds=200),
        le=timedelta(seconds=5),
        description="How long the running queries are watched.",
    )
    between: timedelta = Field(
        default=timedelta(seconds=3),
        ge=timedelta(milliseconds=200),
        le=timedelta(seconds=5),
        description="Time between two looks at what is read from which table.",
    )
    large: int = Field(default=10_000, ge=1000, description="Rows from which on a table is large: no scan is quick.")
    indexes: tuple[Column, ...] = Field(
        default=("sessions.client_id", "clinical_briefs.session_id", "audit_logs.created_at"),
        max_length=20,
        description="Columns (table.column) that may get an index, if their tables are scanned for want of it.",
    )
    tables: tuple[Name, ...] = Field(
        default=("clients", "sessions", "clinical_briefs", "audit_logs"),
        max_length=50,
        description="Tables whose statistics may be taken anew.",
    )
    blocking_for: timedelta = Field(
        default=timedelta(seconds=10),
        ge=timedelta(milliseconds=100),
        description="A transaction that has been open for longer than this may be ended if others wait for it.",
    )
    window: timedelta = Field(
        default=timedelta(hours=1), ge=timedelta(seconds=1), le=timedelta(days=1), description="How far back to look."
    )
    period: Period = timedelta(minutes=5)


Here = Context[Rung, Params]


def wanted(c: Here) -> TablesOf:
    """The tables that may be analysed, and the columns that may get an index."""
    return TablesOf(tables=c.params.tables, columns=c.params.indexes)


@probe(read_activity, asks="How long do the queries of this moment run, and what do they wait for?", source="rung.p341")
def activity(c: Here) -> Activity:
    return read_activity(c.env.database, slow_after=c.params.slow_after, over=c.params.over)


@probe(
    read_tables,
    asks="Which tables are read from end to end, which lack an index, whose statistics are stale?",
    source="rung.c357 rung.t363 rung.t371 rung.p356",
    timeout=timedelta(seconds=15),
    about=wanted,
)
def tables(c: Here, of: TablesOf) -> Tables:
    p = c.params
    return read_tables(c.env.database, wanted=of.columns, large=p.large, between=p.between)


def whose(c: Here) -> Whose:
    """The application's sessions that have blocked for too long: what may be let go of."""
    env = c.env
    return Whose(database=env.database.dbname, role=env.application_user, blocking_for=c.params.blocking_for)


@probe(read_blockers, asks="Who waits for whose locks?", source="devised", about=whose)
def blockers(c: Here, of: Whose) -> Blockers:
    return read_blockers(c.env.database, of)


@probe(
    read_statements, asks="Which statements take the server's time?", source="rung.c349 rung.t353 rung.p348", retries=0
)
def statements(c: Here) -> Statements:
    return read_statements(c.env.database)


@probe(read_logging, asks="Are slow statements logged?", source="rung.p347")
def logging(c: Here) -> Logging:
    return read_logging(c.env.database)


@probe(read_metrics, asks="Are the instance's processors and storage busy?", source="devised")
def metrics(c: Here) -> Metrics:
    instance = of_database(c.env.db_instance)
    named = (
        ("cpu", "CPUUtilization", "%"),
        ("read_latency", "ReadLatency", "s"),
        ("write_latency", "WriteLatency", "s"),
        ("disk_queue", "DiskQueueDepth", ""),
        ("free_storage", "FreeStorageSpace", "bytes"),
    )
    return read_metrics(
        c.env.aws,
        tuple(instance(name=name, metric=metric, statistic="Average", unit=unit) for name, metric, unit in named),
        window=c.back(c.params.window),
        period=c.params.period,
    )


SLOW = activity.shows(
    "in at least half of the looks a query had run for too long (`slow_after`)", lambda r: r.busy >= r.samples / 2
)
QUICK = activity.shows(
    "in fewer than one look in four a query had run for too long (`slow_after`)", lambda r: r.busy < r.samples / 4
)
LOCKED = activity.shows("at least half of the slow queries wait for a lock", lambda r: r.of_slow(r.locked) >= 0.5)
COMPUTING = activity.shows(
    "at least half of the slow queries compute or read", lambda r: r.of_slow(r.computing + r.reading) >= 0.5
)
HEAVY = statements.shows("one statement takes at least half of all statements' time", lambda r: r.share >= 0.5)
LACKING = tables.shows(
    "a large table (`large`) is read from end to end and lacks an index on a column that is looked up",
    lambda r: bool(r.lacking()),
)
BY_INDEX = tables.shows("no large table (`large`) is read from end to end", lambda r: not r.scanned())
STALE = tables.shows(
    "a table that is read has changed by a fifth or more since its statistics were taken, or never had any",
    lambda r: bool(r.stale()),
)
FRESH = tables.shows(
    "every table that is read has changed by less than a tenth since its statistics were taken",
    lambda r: all(table.fresh for table in r.read().values()),
)
BLOCKED = blockers.shows(
    "a session of the application has long held locks that others wait for (`blocking_for`)",
    lambda r: any(root.meant for root in r.roots),
)
UNBLOCKED = blockers.shows("nobody waits for a lock", lambda r: r.waiting == 0)
CPU_FULL = metrics.shows("the instance's processors are at least 90% busy", lambda r: r.latest("cpu") >= 90)
CPU_SPARE = metrics.shows("the instance's processors are less than 70% busy", lambda r: r.latest("cpu") < 70)
STORAGE_SLOW = metrics.shows(
    "reading from or writing to storage takes 20 ms (0.02 s) or longer",
    lambda r: max(r.latest("read_latency"), r.latest("write_latency")) >= 0.02,
)

MISSING_INDEX = Hypothesis(
    name="missing_index",
    claim="A large table is read from end to end, because it has no index on what is looked up.",
    supported_by=(LACKING, COMPUTING, HEAVY),
    refuted_by=(BY_INDEX, LOCKED),
    strength=((LACKING, Strength.DECISIVE), (COMPUTING, Strength.HINT), (HEAVY, Strength.HINT)),
    prior=0.4,
    source="rung.h370",
)

STALE_STATISTICS = Hypothesis(
    name="stale_statistics",
    claim="The planner chooses bad plans, because a table is no longer what its statistics say.",
    supported_by=(STALE,),
    refuted_by=(FRESH, LOCKED),
    strength=((STALE, Strength.DECISIVE), (FRESH, Strength.DECISIVE)),
    source="rung.h380",
)

LOCK_CONTENTION = Hypothesis(
    name="lock_contention",
    claim="Queries do not run but wait, because another session holds what they need.",
    supported_by=(LOCKED, BLOCKED),
    refuted_by=(UNBLOCKED,),
    strength=((LOCKED, Strength.DECISIVE), (UNBLOCKED, Strength.DECISIVE)),
    source="devised",
)

TOO_SMALL = Hypothesis(
    name="instance_too_small",
    claim="Legitimate work exceeds the instance's processors or storage.",
    supported_by=(CPU_FULL, STORAGE_SLOW),
    refuted_by=(CPU_SPARE, LACKING, STALE, LOCKED),
    source="devised",
)

ANALYZE = Mitigation(
    name="analyze_tables",
    title="Take the statistics of the changed tables anew",
    treats=STALE_STATISTICS,
    change=lambda c: AnalyzeTables(database=c.env.database, tables=c.params.tables),
    approval=Approval(by="database on-call", risk="Plans of all queries on these tables may change, also for worse."),
    guardrail=Guardrail(at_most=20, cooldown=timedelta(minutes=1)),
    undo=Irreversible("The old statistics describe rows that are no more; nobody could want them back."),
    validated_by=FRESH,
    source="rung.c381 rung.c382 rung.c383",
)

CREATE = Mitigation(
    name="create_indexes",
    title="Create the missing indexes, without locking anybody out",
    treats=MISSING_INDEX,
    change=lambda c: CreateIndexes(
        database=c.env.database,
        wanted=c.params.indexes,
        large=c.params.large,
        between=c.params.between,
        aws=c.env.aws,
        instance=c.env.db_instance,
    ),
    approval=Approval(
        by="database on-call",
        risk="Building reads the whole table twice; every later write keeps the index up to date.",
    ),
    guardrail=Guardrail(at_most=3, cooldown=timedelta(minutes=1)),
    undo=WayBack("The indexes are dropped again, also concurrently; an invalid leftover of a failed build too."),
    validated_by=BY_INDEX,
    source="rung.c371 rung.c374 rung.c377",
)

UNBLOCK = Mitigation(
    name="end_blockers",
    title="Cancel or end the sessions that others wait for",
    treats=LOCK_CONTENTION,
    change=lambda c: EndBlockers(database=c.env.database, whose=whose(c)),
    approval=Approval(by="database on-call", risk="What these sessions have written and not committed is rolled back."),
    guardrail=Guardrail(at_most=5, at_most_share=0.2, cooldown=timedelta(minutes=1)),
    undo=Irreversible("A rolled-back transaction is gone; its client must do its work again."),
    validated_by=UNBLOCKED,
    source="devised",
)

SCALE = Manual(
    name="scale_instance",
    title="Give the database a larger instance, or less to do",
    treats=TOO_SMALL,
    why_manual="a larger class costs money and a failover, and which work can wait is for its owners to say.",
    steps=(
        metrics.tells(lambda r: [f"CloudWatch says: {r}."]),
        "Stop or postpone reports and batch jobs that can wait.",
        "If that is not enough, modify the instance to a larger class (processors) or to more provisioned IOPS"
        " (storage), and apply it at once: a Multi-AZ instance is away for about a minute.",
        "Say that it is done; the running queries are then looked at again.",
    ),
    validated_by=QUICK,
    waits=timedelta(hours=2),
    within=timedelta(minutes=15),
    source="devised",
)

RUNBOOK = Runbook[Rung, Params](
    name="rung.slow_queries",
    title="Slow queries",
    about="The database answers late, and some operations time out.",
    source="rung.slow_queries rung.p341 rung.p342",
    version="1",
    severity=Severity.ERROR,
    environment="rung-prod",
    starts_on=("PostgresSlowQueries", "PostgreSQLSlowQueries", "rung-*slow-quer*", "rung-rds-*latency*"),
    symptom=SLOW,
    hypotheses=(MISSING_INDEX, STALE_STATISTICS, LOCK_CONTENTION, TOO_SMALL),
    mitigations=(ANALYZE, CREATE, UNBLOCK, SCALE),
    refuses=(
        Refusal(
            what="Enabling the log of slow statements.",
            why="Their text, with what was typed into it, would go into the log of a clinical system;"
            " pg_stat_statements counts the same statements without it. The runbook shows whether either is on.",
            source="rung.p347",
        ),
    ),
    also_asks=(logging,),
    escalation=Rung.PERFORMANCE,
    review_by=date(2027, 6, 1),
)


@runbook_flow(RUNBOOK)
def rung_slow_queries(params: Params = Params(), alert: Alert | None = None) -> State[Any]:  # noqa: B008 # frozen
    """Find out why queries are slow and offer the safest fix."""
    return follow(RUNBOOK, Rung, params, alert)
