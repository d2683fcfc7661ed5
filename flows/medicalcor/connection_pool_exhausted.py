"""Requests wait for a connection to the database, because every slot is taken."""

from __future__ import annotations

from datetime import date
from typing import Any

from prefect.client.schemas.objects import State
from pydantic import Field

from blocks.medicalcor import MedicalCor
from flows.follow import follow
from flows.incident import runbook_flow
from flows.parts import cloudsql, pools
from flows.parts.postgres import connections, sessions
from runbook import Alert, Refusal, Runbook, Severity


class Params(sessions.SessionsForm):
    environment: str = Field(default="medicalcor-prod", min_length=1, description="Saved environment to work on.")


SLOTS = sessions.AskedSlots[MedicalCor, Params](sessions.slots("medicalcor.c184 medicalcor.p180 medicalcor.p183"))
SESSIONS = sessions.AskedSessions[MedicalCor, Params](sessions.sessions("medicalcor.c181 medicalcor.c187"))
POOLS = pools.AskedPools[MedicalCor, Params](pools.run_pools("medicalcor.t202"))

IDLE_LEAK = connections.idle_leak(SESSIONS, "medicalcor.h193")
IDLE_IN_TRANSACTION = connections.idle_in_transaction(SESSIONS)
LONG_QUERIES = connections.long_queries(SESSIONS)
OVERSIZED_POOLS = pools.oversized_pools(POOLS, "medicalcor.h201")
OWN_LIMIT = connections.own_limit(SLOTS, SESSIONS)
OTHER_SESSIONS = connections.other_sessions(SLOTS, SESSIONS)
HONEST_LOAD = connections.honest_load(SLOTS, SESSIONS, "medicalcor.h204", unless=(POOLS.oversized,))

RUNBOOK = Runbook[MedicalCor, Params](
    name="medicalcor.connection_pool_exhausted",
    title="Connection pool exhausted",
    about="Requests fail or wait with `Connection pool exhausted`, and `/ready` fails now and then.",
    source="medicalcor.connection_pool_exhausted medicalcor.p173 medicalcor.p174 medicalcor.p175 medicalcor.p186",
    version="1",
    severity=Severity.CRITICAL,
    environment="medicalcor-prod",
    starts_on=("MedicalCorConnectionPoolExhausted", "medicalcor-db-*connections*"),
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
        connections.end_idle_sessions(IDLE_LEAK, SESSIONS, "medicalcor.c194"),
        connections.end_idle_transactions(IDLE_IN_TRANSACTION, SESSIONS),
        connections.stop_long_queries(LONG_QUERIES, SESSIONS),
        pools.shrink_pools(OVERSIZED_POOLS, POOLS, "medicalcor.h201", validated_by=SLOTS.relieved, pooler="PgBouncer"),
        connections.raise_own_limit(OWN_LIMIT, SLOTS),
        connections.ask_other_owners(OTHER_SESSIONS, SESSIONS, system="MedicalCor"),
        cloudsql.raise_max_connections(HONEST_LOAD, SLOTS, SESSIONS, "medicalcor.h204"),
    ),
    refuses=(
        Refusal(
            what="Ending every session that has been idle since a query of more than five minutes ago.",
            why="A healthy pool keeps such sessions, those of other roles and databases are among them, and a session"
            " that abandoned a transaction is not. The application's own are ended when they have been idle for half"
            " an hour, and only where they hold the slots.",
            source="medicalcor.c194 medicalcor.t198",
        ),
        Refusal(
            what="Making the pools larger while every slot is taken.",
            why="Instances times the size of a pool must stay below what the server has; larger pools take the slots"
            " from each other. The runbook holds one against the other, and says which size fits.",
            source="medicalcor.h201",
        ),
    ),
    also_asks=(sessions.clients(),),
    escalation=MedicalCor.ON_CALL,
    review_by=date(2027, 6, 1),
)


@runbook_flow(RUNBOOK)
def medicalcor_connection_pool_exhausted(params: Params = Params(), alert: Alert | None = None) -> State[Any]:  # noqa: B008 # frozen
    """Find out who holds the database's connections and offer the safest fix."""
    return follow(RUNBOOK, MedicalCor, params, alert)
