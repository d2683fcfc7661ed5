"""The shop's PostgreSQL takes no new connections. Looks and changes are Code Blue's own."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from prefect.client.schemas.objects import State
from pydantic import Field

from flows.follow import follow
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
    Runbook,
    Severity,
    Strength,
    probe,
)
from shop.environment import Shop
from tasks.postgres.change import EndIdleSessions, EndIdleTransactions
from tasks.postgres.doing import Sessions, read_sessions
from tasks.postgres.read import Slots, read_slots
from tasks.postgres.whose import Whose

MOMENT = timedelta(seconds=1)


class Params(Form):
    environment: str = Field(default="shop-prod", min_length=1, description="Saved environment to work on.")
    idle_for: timedelta = Field(
        default=timedelta(minutes=30), ge=MOMENT, description="Sessions idle for longer than this are leaked."
    )
    open_for: timedelta = Field(
        default=timedelta(minutes=5), ge=MOMENT, description="Transactions idle for longer than this are abandoned."
    )
    watched_for: timedelta = Field(
        default=timedelta(seconds=4),
        ge=timedelta(milliseconds=200),
        le=timedelta(seconds=6),
        description="How long the sessions are watched, to see which of them work.",
    )


Here = Context[Shop, Params]


def whose(c: Here) -> Whose:
    """The sessions of the service: what evidence is sought in, and what a change may touch."""
    return Whose(
        database=c.env.database.dbname,
        role=c.env.application_user,
        idle_for=c.params.idle_for,
        open_for=c.params.open_for,
        active_for=c.params.open_for,
    )


@probe(read_slots, asks="How many connection slots are taken?", source="devised")
def slots(c: Here) -> Slots:
    return read_slots(c.env.database, c.env.application_user)


@probe(read_sessions, asks="What do the sessions of the service do, and since when?", source="devised", about=whose)
def sessions(c: Here, of: Whose) -> Sessions:
    return read_sessions(c.env.database, of, over=c.params.watched_for)


SATURATED = slots.shows("at least 90% of the connection slots are taken", lambda r: r.share >= 0.90)
RELIEVED = slots.shows("fewer than 90% of the connection slots are taken", lambda r: r.share < 0.90)

IDLE = sessions.shows(
    "long-idle sessions hold at least a third of the slots", lambda r: r.of_usable(r.idle_long) >= 1 / 3
)
FEW_IDLE = sessions.shows(
    "long-idle sessions hold fewer than one slot in ten", lambda r: r.of_usable(r.idle_long) < 0.1
)
LEFT_OPEN = sessions.shows(
    "abandoned transactions hold at least a third of the slots",
    lambda r: r.of_usable(r.idle_in_transaction_long) >= 1 / 3,
)
FEW_LEFT_OPEN = sessions.shows(
    "abandoned transactions hold fewer than one slot in twenty",
    lambda r: r.of_usable(r.idle_in_transaction_long) < 0.05,
)
MOST_WORK = sessions.shows(
    "sessions that are at work, watched for a while, hold at least seven slots in ten",
    lambda r: r.of_usable(r.working) >= 0.7,
)
FEW_WORK = sessions.shows(
    "sessions that are at work, watched for a while, hold fewer than half of the slots",
    lambda r: r.of_usable(r.working) < 0.5,
)

IDLE_LEAK = Hypothesis(
    name="idle_leak",
    claim="The service opens sessions and never gives them back.",
    supported_by=(IDLE,),
    refuted_by=(FEW_IDLE,),
    strength=((IDLE, Strength.DECISIVE),),
    prior=0.4,
    source="devised",
)

IDLE_IN_TRANSACTION = Hypothesis(
    name="idle_in_transaction",
    claim="The service opens transactions and walks away from them.",
    supported_by=(LEFT_OPEN,),
    refuted_by=(FEW_LEFT_OPEN,),
    strength=((LEFT_OPEN, Strength.DECISIVE),),
    source="devised",
)

HONEST_LOAD = Hypothesis(
    name="honest_load",
    claim="Legitimate load exceeds max_connections.",
    supported_by=(MOST_WORK,),
    refuted_by=(FEW_WORK, IDLE, LEFT_OPEN),
    strength=((MOST_WORK, Strength.DECISIVE),),
    source="devised",
)

GUARDRAIL = Guardrail(at_most=200, cooldown=timedelta(minutes=10))

END_IDLE = Mitigation(
    name="end_idle_sessions",
    title="End sessions that have been idle for too long",
    treats=IDLE_LEAK,
    change=lambda c: EndIdleSessions(database=c.env.database, whose=whose(c)),
    approval=Approval(by="shop on-call", risk="The service must reconnect."),
    guardrail=GUARDRAIL,
    undo=Irreversible("An ended session cannot be resumed; its client reconnects."),
    validated_by=FEW_IDLE,
    source="devised",
)

END_TRANSACTIONS = Mitigation(
    name="end_idle_transactions",
    title="End sessions that abandoned a transaction",
    treats=IDLE_IN_TRANSACTION,
    change=lambda c: EndIdleTransactions(database=c.env.database, whose=whose(c)),
    approval=Approval(by="shop on-call", risk="What the abandoned transactions had written is rolled back."),
    guardrail=GUARDRAIL,
    undo=Irreversible("A rolled-back transaction is gone; the client that abandoned it must do its work again."),
    validated_by=FEW_LEFT_OPEN,
    source="devised",
)

MORE_SLOTS = Manual(
    name="more_slots",
    title="Run fewer instances of the service, or raise max_connections",
    treats=HONEST_LOAD,
    why_manual="how many instances the shop needs, and what its server can carry, is for its owners to weigh.",
    steps=(
        slots.tells(lambda r: [f"Seen: {r}."]),
        "Run fewer instances, or raise max_connections and restart the server at a quiet hour.",
        "Say that it is done; the connection slots are then looked at again.",
    ),
    validated_by=RELIEVED,
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
    symptom=SATURATED,
    hypotheses=(IDLE_LEAK, IDLE_IN_TRANSACTION, HONEST_LOAD),
    mitigations=(END_IDLE, END_TRANSACTIONS, MORE_SLOTS),
    escalation=Shop.OPERATIONS,
    review_by=date(2027, 6, 1),
)


@runbook_flow(RUNBOOK)
def shop_database_connections(params: Params = Params(), alert: Alert | None = None) -> State[Any]:  # noqa: B008 # frozen
    """Find out why the shop's PostgreSQL takes no new connections and offer the safest fix."""
    return follow(RUNBOOK, Shop, params, alert)
