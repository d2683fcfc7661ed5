"""Queries take long: an index is missing, statistics are stale, somebody holds locks, or the instance is too small."""

from __future__ import annotations

from datetime import date
from typing import Any

from prefect.client.schemas.objects import State
from pydantic import Field

from blocks.rung import Rung
from flows.follow import follow
from flows.forms import WindowForm
from flows.incident import runbook_flow
from flows.parts import rds
from flows.parts.postgres import activity, functions, locks, statements, tables
from flows.parts.postgres.tables import Columns, Names
from runbook import Alert, Refusal, Runbook, Severity


class Params(WindowForm, locks.BlockersForm, tables.TablesForm, activity.ActivityForm):
    environment: str = Field(default="rung-prod", min_length=1, description="Saved environment to work on.")
    indexes: Columns = ("sessions.client_id", "clinical_briefs.session_id", "audit_logs.created_at")
    tables: Names = ("clients", "sessions", "clinical_briefs", "audit_logs")


ACTIVITY = activity.AskedActivity[Rung, Params](activity.activity("rung.p341"))
TABLES = tables.AskedTables[Rung, Params](tables.tables("rung.c357 rung.t363 rung.t371 rung.p356"))
BLOCKERS = locks.AskedBlockers[Rung, Params](locks.blockers())
STATEMENTS = statements.AskedStatements[Rung, Params](statements.statements("rung.c349 rung.t353 rung.p348"))
FUNCTIONS = functions.AskedFunctions[Rung, Params](functions.functions("rung.p347"))
LOAD = rds.AskedLoad[Rung, Params](rds.load())

MISSING_INDEX = tables.missing_index(TABLES, ACTIVITY, STATEMENTS, "rung.h370")
STALE_STATISTICS = tables.stale_statistics(TABLES, ACTIVITY, "rung.h380")
LOCK_CONTENTION = locks.lock_contention(BLOCKERS, ACTIVITY)
TOO_SMALL = rds.too_small(LOAD, unless=(TABLES.lacking, TABLES.stale, ACTIVITY.locked))
SLOW_FUNCTION = functions.slow_function(FUNCTIONS, ACTIVITY)

RUNBOOK = Runbook[Rung, Params](
    name="rung.slow_queries",
    title="Slow queries",
    about="The database answers late, and some operations time out.",
    source="rung.slow_queries rung.p341 rung.p342",
    version="2",
    severity=Severity.ERROR,
    environment="rung-prod",
    starts_on=("PostgresSlowQueries", "PostgreSQLSlowQueries", "rung-*slow-quer*", "rung-rds-*latency*"),
    symptom=ACTIVITY.slow,
    hypotheses=(MISSING_INDEX, STALE_STATISTICS, LOCK_CONTENTION, TOO_SMALL, SLOW_FUNCTION),
    mitigations=(
        tables.analyze_tables(STALE_STATISTICS, TABLES, "rung.c381 rung.c382 rung.c383"),
        tables.create_indexes(MISSING_INDEX, TABLES, "rung.c371 rung.c374 rung.c377", storage=rds.storage),
        locks.end_blockers(LOCK_CONTENTION, BLOCKERS),
        rds.scale_instance(TOO_SMALL, LOAD, validated_by=ACTIVITY.quick),
        functions.mend_function(SLOW_FUNCTION, FUNCTIONS, validated_by=ACTIVITY.quick),
        rds.time_functions(SLOW_FUNCTION, then_asks=FUNCTIONS.probe, source="rung.p347"),
    ),
    refuses=(
        Refusal(
            what="Enabling the log of slow statements.",
            why="Their text, with what was typed into it, would go into the log of a clinical system;"
            " pg_stat_statements counts the same statements without it. The runbook shows whether either is on, and"
            " offers for a while what sees into the server without any text: how long each function takes.",
            source="rung.p347",
        ),
    ),
    also_asks=(statements.logging("rung.p347"),),
    escalation=Rung.PERFORMANCE,
    review_by=date(2027, 6, 1),
)


@runbook_flow(RUNBOOK)
def rung_slow_queries(params: Params = Params(), alert: Alert | None = None) -> State[Any]:  # noqa: B008 # frozen
    """Find out why queries are slow and offer the safest fix."""
    return follow(RUNBOOK, Rung, params, alert)
