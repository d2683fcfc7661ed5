"""A system of its own that has only a database, with runbooks of shared parts; see `test_typing.py`.

`tests/flows/test_parts.py` judges and plans by it.
"""

from __future__ import annotations

from datetime import timedelta

from blocks.environment import Environment
from blocks.postgres import Postgres
from flows.parts.postgres import activity, connections, locks, sessions, statements, tables
from runbook import Escalation, Level, Runbook, Severity


class Ledger(Environment):
    database: Postgres
    application_user: str = "ledger_app"


class ConnectionParams(sessions.SessionsForm):
    quiet: bool = False


class QueryParams(locks.BlockersForm, tables.TablesForm, activity.ActivityForm):
    pass


BOOKKEEPERS = Escalation(issue="Ledger", source="devised", levels=(Level(name="L1", after=timedelta(0)),))

SLOTS = sessions.AskedSlots[Ledger, ConnectionParams](sessions.slots("ledger.c1"))
SESSIONS = sessions.AskedSessions[Ledger, ConnectionParams](sessions.sessions())
IDLE_LEAK = connections.idle_leak(SESSIONS, "ledger.h1", prior=0.3)
ABANDONED = connections.idle_in_transaction(SESSIONS)
LONG = connections.long_queries(SESSIONS)
OWN_LIMIT = connections.own_limit(SLOTS, SESSIONS)
OTHERS = connections.other_sessions(SLOTS, SESSIONS)
LOAD = connections.honest_load(SLOTS, SESSIONS)

CONNECTIONS = Runbook[Ledger, ConnectionParams](
    name="ledger.connections",
    title="Connections",
    about="Nobody gets in.",
    source="ledger.connections",
    version="1",
    severity=Severity.ERROR,
    environment="ledger-prod",
    symptom=SLOTS.saturated,
    hypotheses=(IDLE_LEAK, ABANDONED, LONG, OWN_LIMIT, OTHERS, LOAD),
    mitigations=(
        connections.end_idle_sessions(IDLE_LEAK, SESSIONS, "ledger.c2", by="bookkeeper on-call"),
        connections.end_idle_transactions(ABANDONED, SESSIONS),
        connections.stop_long_queries(LONG, SESSIONS),
        connections.raise_own_limit(OWN_LIMIT, SLOTS),
        connections.ask_other_owners(OTHERS, SESSIONS, system="the ledger"),
    ),
    also_asks=(sessions.clients(),),
    escalation=BOOKKEEPERS,
)

ACTIVITY = activity.AskedActivity[Ledger, QueryParams](activity.activity())
TABLES = tables.AskedTables[Ledger, QueryParams](tables.tables())
STATEMENTS = statements.AskedStatements[Ledger, QueryParams](statements.statements())
BLOCKERS = locks.AskedBlockers[Ledger, QueryParams](locks.blockers())
MISSING_INDEX = tables.missing_index(TABLES, ACTIVITY, STATEMENTS)
STALE = tables.stale_statistics(TABLES, ACTIVITY)
CONTENTION = locks.lock_contention(BLOCKERS, ACTIVITY)

QUERIES = Runbook[Ledger, QueryParams](
    name="ledger.queries",
    title="Queries",
    about="The books take long.",
    source="ledger.queries",
    version="1",
    severity=Severity.ERROR,
    environment="ledger-prod",
    symptom=ACTIVITY.slow,
    hypotheses=(MISSING_INDEX, STALE, CONTENTION),
    mitigations=(
        tables.create_indexes(MISSING_INDEX, TABLES),
        tables.analyze_tables(STALE, TABLES),
        locks.end_blockers(CONTENTION, BLOCKERS),
    ),
    also_asks=(statements.logging(),),
    escalation=BOOKKEEPERS,
)
