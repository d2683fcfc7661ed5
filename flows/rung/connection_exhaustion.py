"""Postgres refuses new connections because every slot is taken."""

from __future__ import annotations

from datetime import date
from typing import Any

from prefect.client.schemas.objects import State
from pydantic import Field

from blocks.rung import Rung
from flows.follow import follow
from flows.incident import runbook_flow
from flows.parts import pools, rds
from flows.parts.postgres import connections, sessions
from runbook import Alert, Runbook, Severity


class Params(rds.LimitForm, sessions.SessionsForm):
    environment: str = Field(default="rung-prod", min_length=1, description="Saved environment to work on.")


SLOTS = sessions.AskedSlots[Rung, Params](rds.slots("rung.c297 rung.p296"))
SESSIONS = sessions.AskedSessions[Rung, Params](sessions.sessions("rung.c302 rung.c309 rung.p301 rung.p308"))
POOLS = pools.AskedPools[Rung, Params](pools.pools())
INSTANCE = rds.AskedInstance[Rung, Params](rds.instance("rung.c334"))

IDLE_LEAK = connections.idle_leak(SESSIONS, "rung.h320")
IDLE_IN_TRANSACTION = connections.idle_in_transaction(SESSIONS)
LONG_QUERIES = connections.long_queries(SESSIONS, "rung.c309 rung.t312")
OVERSIZED_POOLS = pools.oversized_pools(POOLS)
OWN_LIMIT = connections.own_limit(SLOTS, SESSIONS)
OTHER_SESSIONS = connections.other_sessions(SLOTS, SESSIONS)
HONEST_LOAD = connections.honest_load(SLOTS, SESSIONS, "rung.h328", unless=(POOLS.oversized,))

RUNBOOK = Runbook[Rung, Params](
    name="rung.connection_exhaustion",
    title="Connection exhaustion",
    about="Clients are told `too many connections`, and requests fail now and then, because every slot is taken.",
    source="rung.connection_exhaustion rung.p290 rung.p291",
    version="2",
    severity=Severity.CRITICAL,
    environment="rung-prod",
    starts_on=("PostgresTooManyConnections", "PostgreSQLTooManyConnections", "rung-*connections*"),
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
        connections.end_idle_sessions(IDLE_LEAK, SESSIONS, "rung.c321 rung.t325"),
        connections.end_idle_transactions(IDLE_IN_TRANSACTION, SESSIONS, "rung.c321"),
        connections.stop_long_queries(LONG_QUERIES, SESSIONS, "rung.c309"),
        pools.shrink_pools(OVERSIZED_POOLS, POOLS, "rung.h320", validated_by=SLOTS.relieved),
        connections.raise_own_limit(OWN_LIMIT, SLOTS),
        connections.ask_other_owners(OTHER_SESSIONS, SESSIONS, system="rung"),
        rds.raise_max_connections(
            HONEST_LOAD,
            SESSIONS,
            INSTANCE,
            "rung.c329 rung.t330 rung.t331",
            reboot_source="rung.c334 rung.h333",
        ),
    ),
    also_asks=(sessions.clients(), rds.cloudwatch("rung.c297")),
    escalation=Rung.DATA,
    review_by=date(2027, 6, 1),
)


@runbook_flow(RUNBOOK)
def rung_connection_exhaustion(params: Params = Params(), alert: Alert | None = None) -> State[Any]:  # noqa: B008 # frozen
    """Find out why Postgres refuses connections and offer the safest fix."""
    return follow(RUNBOOK, Rung, params, alert)
