"""Requests wait for a connection to the database, because every slot is taken."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from prefect.client.schemas.objects import State
from pydantic import Field

from blocks.rastup import Rastup
from flows.follow import follow
from flows.incident import runbook_flow
from flows.parts import pools, rds
from flows.parts.postgres import connections, sessions
from runbook import Alert, Refusal, Runbook, Severity


class Params(rds.LimitForm, sessions.SessionsForm):
    environment: str = Field(default="rastup-prod", min_length=1, description="Saved environment to work on.")
    idle_for: timedelta = Field(
        default=timedelta(minutes=10), ge=sessions.MOMENT, description="Sessions idle for longer than this are leaked."
    )


SLOTS = sessions.AskedSlots[Rastup, Params](rds.slots("rastup.c365"))
SESSIONS = sessions.AskedSessions[Rastup, Params](sessions.sessions("rastup.c365 rastup.p364"))
POOLS = pools.AskedPools[Rastup, Params](pools.pools("rastup.c372 rastup.p371"))
INSTANCE = rds.AskedInstance[Rastup, Params](rds.instance())

IDLE_LEAK = connections.idle_leak(SESSIONS, "rastup.h377")
IDLE_IN_TRANSACTION = connections.idle_in_transaction(SESSIONS)
LONG_QUERIES = connections.long_queries(SESSIONS)
OVERSIZED_POOLS = pools.oversized_pools(POOLS)
OWN_LIMIT = connections.own_limit(SLOTS, SESSIONS)
OTHER_SESSIONS = connections.other_sessions(SLOTS, SESSIONS)
HONEST_LOAD = connections.honest_load(SLOTS, SESSIONS, unless=(POOLS.oversized,))

RUNBOOK = Runbook[Rastup, Params](
    name="rastup.db_connection_pool_exhausted",
    title="Connection pool exhausted",
    about="Requests wait for a connection and fail, because every slot of the database is taken.",
    source="rastup.db_connection_pool_exhausted",
    version="1",
    severity=Severity.CRITICAL,
    environment="rastup-prod",
    starts_on=("RastupConnectionPoolExhausted", "rastup-prod-*connections*"),
    symptom=SLOTS.saturated,
    hypotheses=(
        IDLE_LEAK,
        IDLE_IN_TRANSACTION,
        LONG_QUERIES,
        OVERSIZED_POOLS,
        OWN_LIMIT,
        OTHER_SESSIONS,
        HONEST_LOAD,
    ),
    mitigations=(
        connections.end_idle_sessions(IDLE_LEAK, SESSIONS, "rastup.c378 rastup.t382"),
        connections.end_idle_transactions(IDLE_IN_TRANSACTION, SESSIONS),
        connections.stop_long_queries(LONG_QUERIES, SESSIONS),
        pools.shrink_pools(OVERSIZED_POOLS, POOLS, validated_by=SLOTS.relieved),
        connections.raise_own_limit(OWN_LIMIT, SLOTS),
        connections.ask_other_owners(OTHER_SESSIONS, SESSIONS, system="Rastup"),
        rds.raise_max_connections(HONEST_LOAD, SESSIONS, INSTANCE),
    ),
    refuses=(
        Refusal(
            what="Making the pools larger while every slot is taken.",
            why="Tasks times the size of a pool must stay below what the server has: pools of 50 in a few tasks want"
            " more than it, and take the slots from each other. The page does this before it ends idle sessions; here"
            " those are ended, and the pools are held against the server.",
            source="rastup.c375 rastup.t375 rastup.h374",
        ),
        Refusal(
            what="Ending every session of the server that has been idle for ten minutes.",
            why="Those of other roles and databases are among them and the pooler's own, and a session that abandoned a"
            " transaction is not. The application's own are ended, and only where they hold the slots.",
            source="rastup.c378",
        ),
    ),
    also_asks=(sessions.clients("rastup.c365"), rds.cloudwatch()),
    escalation=Rastup.DATABASE,
    review_by=date(2027, 6, 1),
)


@runbook_flow(RUNBOOK)
def rastup_db_connection_pool_exhausted(params: Params = Params(), alert: Alert | None = None) -> State[Any]:  # noqa: B008 # frozen
    """Find out who holds the database's connections and offer the safest fix."""
    return follow(RUNBOOK, Rastup, params, alert)
