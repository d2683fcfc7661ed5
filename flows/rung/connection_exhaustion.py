"""Postgres refuses new connections because every slot is taken."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from prefect.client.schemas.objects import State
from pydantic import Field

from blocks.rung import Rung
from flows.follow import follow
from flows.incident import runbook_flow
from runbook import (
    Alert,
    Approval,
    Belt,
    Context,
    Form,
    Hypothesis,
    Irreversible,
    Manual,
    Mitigation,
    Permanent,
    Runbook,
    Severity,
    Strength,
    WayBack,
    probe,
)
from tasks.ecs.read import read_number, read_services
from tasks.postgres.change import EndIdleSessions, EndIdleTransactions, StopLongQueries
from tasks.postgres.pools import Demand, demand
from tasks.postgres.read import Clients, Sessions, Slots, read_clients, read_sessions, read_slots
from tasks.rds.change import RaiseMaxConnections
from tasks.rds.read import Connections, Instance, read_connections, read_instance
from tasks.rds.reboot import RebootInstance

MOMENT = timedelta(seconds=1)


class Params(Form):
    environment: str = Field(default="rung-prod", min_length=1, description="Saved environment to work on.")
    idle_for: timedelta = Field(
        default=timedelta(minutes=30), ge=MOMENT, description="Sessions idle for longer than this are leaked."
    )
    open_for: timedelta = Field(
        default=timedelta(minutes=5), ge=MOMENT, description="Transactions idle for longer than this are abandoned."
    )
    active_for: timedelta = Field(
        default=timedelta(minutes=5), ge=MOMENT, description="Queries that run for longer than this are long."
    )
    moment: timedelta = Field(
        default=timedelta(seconds=10), ge=MOMENT, description="A session that changed its state within this is working."
    )
    max_connections: int = Field(
        default=200, ge=20, le=5000, description="Raise max_connections to at least this; it is never lowered."
    )


Here = Context[Rung, Params]


@probe(read_slots, asks="How many connection slots are taken?", source="rung.c297 rung.p296")
def slots(c: Here) -> Slots:
    return read_slots(c.env.database)


@probe(
    read_sessions, asks="What are the sessions doing, and since when?", source="rung.c302 rung.c309 rung.p301 rung.p308"
)
def sessions(c: Here) -> Sessions:
    p = c.params
    return read_sessions(
        c.env.database, idle_for=p.idle_for, in_transaction_for=p.open_for, active_for=p.active_for, moment=p.moment
    )


@probe(read_clients, asks="Whose sessions are they?", source="devised")
def clients(c: Here) -> Clients:
    return read_clients(c.env.database)


@probe(
    read_services,
    read_number,
    read_slots,
    read_clients,
    asks="How many connections may the pools open?",
    source="devised",
)
def pools(c: Here) -> Demand:
    names = tuple(pool.service for pool in c.env.pools)
    services = read_services(c.env.aws, c.env.ecs_cluster, names).services
    sizes = {
        pool.application: (
            read_number(c.env.aws, services[pool.service].definition, pool.variable),
            services[pool.service].running,
        )
        for pool in c.env.pools
    }
    taken = read_slots(c.env.database)
    if taken.refused:
        raise Permanent("The server is too full to say how many slots it has, so the pools cannot be held against it.")
    held = read_clients(c.env.database).applications
    return demand(taken.usable, sizes, sum(held.get(name, 0) for name in sizes))


@probe(read_instance, asks="Is the instance available, and does a parameter wait for a reboot?", source="rung.c334")
def instance(c: Here) -> Instance:
    return read_instance(c.env.aws, c.env.db_instance)


@probe(read_connections, asks="How many connections did CloudWatch see?", source="rung.c297")
def cloudwatch(c: Here) -> Connections:
    return read_connections(c.env.aws, c.env.db_instance)


SATURATED = slots.shows("at least 90% of the connection slots are taken", lambda r: r.share >= 0.90)
ROOM = slots.shows("fewer than 70% of the connection slots are taken", lambda r: r.share < 0.70)
RELIEVED = slots.shows("fewer than 90% of the connection slots are taken", lambda r: r.share < 0.90)
WAITING = instance.shows("a parameter change waits for a reboot", lambda r: r.pending)

FITTING = pools.shows("the pools together fit into the server", lambda r: r.wanted <= r.usable)
OVERSIZED = pools.shows("the pools may open more connections than the server has", lambda r: r.wanted > r.usable)
POOLS_HOLD_FEW = pools.shows("the pools hold fewer than half of the slots", lambda r: r.held < r.usable * 0.5)
LASTING = sessions.shows(
    "sessions that have idled or run for long hold at least a third of the slots",
    lambda r: r.of_usable(r.idle_long + r.idle_in_transaction_long + r.active_long) >= 1 / 3,
)

IDLE_LEAK = Hypothesis(
    name="idle_leak",
    claim="A client opens sessions and never gives them back.",
    supported_by=(
        sessions.shows(
            "long-idle sessions hold at least a third of the slots", lambda r: r.of_usable(r.idle_long) >= 1 / 3
        ),
    ),
    refuted_by=(sessions.shows("fewer than one slot in ten is long idle", lambda r: r.of_usable(r.idle_long) < 0.1),),
    prior=0.4,
    source="rung.h320",
)

IDLE_IN_TRANSACTION = Hypothesis(
    name="idle_in_transaction",
    claim="A client opens transactions and walks away from them.",
    supported_by=(
        sessions.shows(
            "abandoned transactions hold at least a third of the slots",
            lambda r: r.of_usable(r.idle_in_transaction_long) >= 1 / 3,
        ),
    ),
    refuted_by=(
        sessions.shows(
            "fewer than one slot in twenty is an abandoned transaction",
            lambda r: r.of_usable(r.idle_in_transaction_long) < 0.05,
        ),
    ),
    source="devised",
)

LONG_QUERIES = Hypothesis(
    name="long_queries",
    claim="Queries run for so long that the slots behind them are never free.",
    supported_by=(
        sessions.shows(
            "long-running queries hold at least a third of the slots", lambda r: r.of_usable(r.active_long) >= 1 / 3
        ),
    ),
    refuted_by=(
        sessions.shows("fewer than one slot in ten runs a long query", lambda r: r.of_usable(r.active_long) < 0.1),
    ),
    source="rung.c309 rung.t312",
)

OVERSIZED_POOLS = Hypothesis(
    name="oversized_pools",
    claim="The clients' pools are together larger than the server.",
    supported_by=(OVERSIZED,),
    refuted_by=(FITTING, POOLS_HOLD_FEW),
    source="devised",
)

HONEST_LOAD = Hypothesis(
    name="honest_load",
    claim="The load is honest, and max_connections is too low for it.",
    supported_by=(
        sessions.shows(
            "the sessions work: at least seven in ten began or ended something just now",
            lambda r: r.turning >= 0.7 * r.total,
        ),
    ),
    refuted_by=(LASTING, OVERSIZED),
    strength=((OVERSIZED, Strength.DECISIVE),),
    source="rung.h328",
)

RECONNECT = "Clients of the ended sessions must reconnect."
GONE = Irreversible("An ended session cannot be resumed; its client reconnects.")
BELT = Belt(at_most=200, cooldown=timedelta(minutes=10))

END_IDLE = Mitigation(
    name="end_idle_sessions",
    title="End sessions that have been idle for too long",
    treats=IDLE_LEAK,
    change=lambda c: EndIdleSessions(
        database=c.env.database, user=c.env.application_user, longer_than=c.params.idle_for
    ),
    approval=Approval(by="database on-call", risk=RECONNECT),
    belt=BELT,
    undo=GONE,
    validated_by=ROOM,
    source="rung.c321 rung.t325",
)

END_TRANSACTIONS = Mitigation(
    name="end_idle_transactions",
    title="End sessions that abandoned a transaction",
    treats=IDLE_IN_TRANSACTION,
    change=lambda c: EndIdleTransactions(
        database=c.env.database, user=c.env.application_user, longer_than=c.params.open_for
    ),
    approval=Approval(by="database on-call", risk="What the abandoned transactions had written is rolled back."),
    belt=BELT,
    undo=Irreversible("A rolled-back transaction is gone; the client that abandoned it must do its work again."),
    validated_by=ROOM,
    source="rung.c321",
)

STOP_QUERIES = Mitigation(
    name="stop_long_queries",
    title="Cancel queries that run for too long",
    treats=LONG_QUERIES,
    change=lambda c: StopLongQueries(
        database=c.env.database, user=c.env.application_user, longer_than=c.params.active_for
    ),
    approval=Approval(by="database on-call", risk="The work of the cancelled queries is lost; a client may repeat it."),
    belt=BELT,
    undo=Irreversible("A cancelled query has lost its work; whoever needs the answer asks again."),
    validated_by=ROOM,
    source="rung.c309",
)

SHRINK_POOLS = Manual(
    name="shrink_pools",
    title="Make the clients' pools smaller than the server",
    treats=OVERSIZED_POOLS,
    why_manual="pool sizes are configuration of the clients, which are deployed by their own teams.",
    steps=(
        pools.tells(
            lambda r: [
                f"{r.largest} keeps {r.size} connections in each of {r.tasks} tasks; all pools may open {r.wanted},"
                f" the server has {r.usable} slots.",
                f"Set the pool size of {r.largest} to {r.fitting} or less and deploy it,"
                " or put RDS Proxy between the clients and the server.",
            ]
        ),
        "Say that it is done; the connection slots are then looked at again.",
    ),
    validated_by=RELIEVED,
    source="rung.h320",
)

REBOOT = Mitigation(
    name="reboot_instance",
    title="Reboot the instance so that the new max_connections counts",
    treats=HONEST_LOAD,
    change=lambda c: RebootInstance(aws=c.env.aws, database=c.env.database, identifier=c.env.db_instance),
    approval=Approval(
        by="database on-call and incident lead", risk="The database is away until it is back; all sessions are dropped."
    ),
    belt=Belt(at_most=1, cooldown=timedelta(minutes=30)),
    undo=Irreversible("A reboot cannot be taken back; sessions reconnect when the instance is available."),
    validated_by=RELIEVED,
    within=timedelta(minutes=10),
    source="rung.c334 rung.h333",
)

RAISE = Mitigation(
    name="raise_max_connections",
    title="Raise max_connections in the instance's own parameter group",
    treats=HONEST_LOAD,
    change=lambda c: RaiseMaxConnections(
        aws=c.env.aws,
        database=c.env.database,
        identifier=c.env.db_instance,
        group=c.env.parameter_group,
        at_least=c.params.max_connections,
    ),
    approval=Approval(by="database on-call", risk="Each connection costs memory; the value lands at the next reboot."),
    belt=Belt(at_most=1, cooldown=timedelta(minutes=30)),
    undo=WayBack("The parameter group gets its old value back."),
    validated_by=WAITING,
    holds_for=timedelta(seconds=5),
    source="rung.c329 rung.t330 rung.t331",
    then=REBOOT,
)

RUNBOOK = Runbook[Rung, Params](
    name="rung.connection_exhaustion",
    title="Connection exhaustion",
    about="Clients are told `too many connections`, and requests fail now and then, because every slot is taken.",
    source="rung.connection_exhaustion rung.p290 rung.p291",
    version="1",
    severity=Severity.CRITICAL,
    environment="rung-prod",
    starts_on=("PostgresTooManyConnections", "PostgreSQLTooManyConnections", "rung-*connections*"),
    symptom=SATURATED,
    hypotheses=(IDLE_LEAK, IDLE_IN_TRANSACTION, LONG_QUERIES, OVERSIZED_POOLS, HONEST_LOAD),
    mitigations=(END_IDLE, END_TRANSACTIONS, STOP_QUERIES, SHRINK_POOLS, RAISE),
    also_asks=(clients, cloudwatch),
    escalation=Rung.DATA,
    review_by=date(2027, 6, 1),
)


@runbook_flow(RUNBOOK)
def rung_connection_exhaustion(params: Params = Params(), alert: Alert | None = None) -> State[Any]:  # noqa: B008 # frozen
    """Find out why Postgres refuses connections and offer the safest fix."""
    return follow(RUNBOOK, Rung, params, alert)
