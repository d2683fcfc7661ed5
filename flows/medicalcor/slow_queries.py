"""The database answers late: an index is missing, statistics are stale, dead rows pile up, or somebody holds locks."""

from __future__ import annotations

from datetime import date
from typing import Any

from prefect.client.schemas.objects import State
from pydantic import Field

from blocks.medicalcor import MedicalCor
from flows.follow import follow
from flows.incident import runbook_flow
from flows.parts.postgres import activity, locks, statements, tables
from flows.parts.postgres.tables import Columns, Names
from runbook import Alert, Refusal, Runbook, Severity


class Params(locks.BlockersForm, tables.TablesForm, activity.ActivityForm):
    environment: str = Field(default="medicalcor-prod", min_length=1, description="Saved environment to work on.")
    indexes: Columns = ("leads.phone_hash", "messages.lead_id", "domain_events.occurred_at")
    tables: Names = ("leads", "messages", "appointments", "domain_events")


ACTIVITY = activity.AskedActivity[MedicalCor, Params](activity.activity("medicalcor.p213"))
TABLES = tables.AskedTables[MedicalCor, Params](
    tables.tables("medicalcor.c229 medicalcor.t232 medicalcor.c236 medicalcor.t240")
)
BLOCKERS = locks.AskedBlockers[MedicalCor, Params](locks.blockers())
STATEMENTS = statements.AskedStatements[MedicalCor, Params](
    statements.statements("medicalcor.c221 medicalcor.t224 medicalcor.t226")
)

MISSING_INDEX = tables.missing_index(TABLES, ACTIVITY, STATEMENTS, "medicalcor.h246")
STALE_STATISTICS = tables.stale_statistics(TABLES, ACTIVITY, "medicalcor.h249")
BLOAT = tables.bloat(TABLES, ACTIVITY, "medicalcor.h252")
LOCK_CONTENTION = locks.lock_contention(BLOCKERS, ACTIVITY)

RUNBOOK = Runbook[MedicalCor, Params](
    name="medicalcor.slow_queries",
    title="Slow queries",
    about="The database answers late, so that some pages open slowly, and statements are cancelled by their timeout.",
    source="medicalcor.slow_queries medicalcor.p213 medicalcor.p214 medicalcor.p215 medicalcor.p220"
    " medicalcor.p228 medicalcor.p235",
    version="1",
    severity=Severity.ERROR,
    environment="medicalcor-prod",
    starts_on=("MedicalCorSlowQueries", "medicalcor-db-*slow-quer*", "medicalcor-db-*latency*"),
    symptom=ACTIVITY.slow,
    hypotheses=(MISSING_INDEX, STALE_STATISTICS, BLOAT, LOCK_CONTENTION),
    mitigations=(
        tables.analyze_tables(STALE_STATISTICS, TABLES, "medicalcor.c250"),
        tables.create_indexes(MISSING_INDEX, TABLES, "medicalcor.c247"),
        tables.vacuum_tables(BLOAT, TABLES, "medicalcor.c253"),
        locks.end_blockers(LOCK_CONTENTION, BLOCKERS),
    ),
    refuses=(
        Refusal(
            what="Calling every table that was read from end to end a thousand times one without an index.",
            why="The counters begin with the server and say little about now, a table without any index is left out of"
            " them, and a small table is best read from end to end. The runbook looks twice, and at large tables only.",
            source="medicalcor.c229 medicalcor.t232",
        ),
    ),
    escalation=MedicalCor.ON_CALL,
    review_by=date(2027, 6, 1),
)


@runbook_flow(RUNBOOK)
def medicalcor_slow_queries(params: Params = Params(), alert: Alert | None = None) -> State[Any]:  # noqa: B008 # frozen
    """Find out why queries are slow and offer the safest fix."""
    return follow(RUNBOOK, MedicalCor, params, alert)
