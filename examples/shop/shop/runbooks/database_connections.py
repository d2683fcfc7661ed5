"""The shop's PostgreSQL takes no new connections. Probes, causes and steps are Code Blue's own parts."""

from __future__ import annotations

from datetime import date
from typing import Any

from prefect.client.schemas.objects import State
from pydantic import Field

from flows.follow import follow
from flows.incident import runbook_flow
from flows.parts.postgres import connections, sessions
from runbook import Alert, Manual, Runbook, Severity
from shop.environment import Shop


class Params(sessions.SessionsForm):
    environment: str = Field(default="shop-prod", min_length=1, description="Saved environment to work on.")


SLOTS = sessions.AskedSlots[Shop, Params](sessions.slots())
SESSIONS = sessions.AskedSessions[Shop, Params](sessions.sessions())

IDLE_LEAK = connections.idle_leak(SESSIONS)
IDLE_IN_TRANSACTION = connections.idle_in_transaction(SESSIONS)
LONG_QUERIES = connections.long_queries(SESSIONS)
HONEST_LOAD = connections.honest_load(SLOTS, SESSIONS)

MORE_SLOTS = Manual(
    name="more_slots",
    title="Run fewer instances of the service, or raise max_connections",
    treats=HONEST_LOAD,
    why_manual="how many instances the shop needs, and what its server can carry, is for its owners to weigh.",
    steps=(
        SLOTS.probe.tells(lambda r: [f"Seen: {r}."]),
        "Run fewer instances, or raise max_connections and restart the server at a quiet hour.",
        "Say that it is done; the connection slots are then looked at again.",
    ),
    validated_by=SLOTS.relieved,
    source="devised",
)

RUNBOOK = Runbook[Shop, Params](
    name="shop.database_connections",
    title="The database takes no new connections",
    about="Pages of the shop fail, because every connection slot of its PostgreSQL is taken.",
    source="devised",
    version="1",
    severity=Severity.CRITICAL,
    environment="shop-prod",
    starts_on=("ShopDatabaseConnections", "shop-postgres-*"),
    symptom=SLOTS.saturated,
    hypotheses=(IDLE_LEAK, IDLE_IN_TRANSACTION, LONG_QUERIES, HONEST_LOAD),
    mitigations=(
        connections.end_idle_sessions(IDLE_LEAK, SESSIONS, by="shop on-call"),
        connections.end_idle_transactions(IDLE_IN_TRANSACTION, SESSIONS, by="shop on-call"),
        connections.stop_long_queries(LONG_QUERIES, SESSIONS, by="shop on-call"),
        MORE_SLOTS,
    ),
    escalation=Shop.OPERATIONS,
    review_by=date(2027, 6, 1),
)


@runbook_flow(RUNBOOK)
def shop_database_connections(params: Params = Params(), alert: Alert | None = None) -> State[Any]:  # noqa: B008 # frozen
    """Find out why the shop's PostgreSQL takes no new connections and offer the safest fix."""
    return follow(RUNBOOK, Shop, params, alert)
