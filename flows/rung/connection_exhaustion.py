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
    Context,
    Form,
    Guardrail,
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
from tasks.postgres.doing import Sessions, read_sessions
from tasks.postgres.pools import Demand, demand
from tasks.postgres.read import Clients, Slots, read_clients, read_slots
from tasks.postgres.whose import Whose
from tasks.rds.change import RaiseMaxConnections
from tasks.rds.read import Connections, Instance, read_connections, read_instance
from tasks.rds.reboot import RebootInstance
from tasks.selections import InstanceOf

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
    watched_for: timedelta = Field(
        default=timedelta(seconds=4),
        ge=timedelta(milliseconds=200),
        le=timedelta(seconds=6),
        description="How long the sessions are watched, to see which of them work.",
    )
    max_connections: int = Field(
        default=200, ge=20, le=5000, description="Raise max_connections to at least this; it is never lowered."
    )


Here = Context[Rung, Params]


def server(c: Here) -> InstanceOf:
    """The instance that everybody shares."""
    return InstanceOf(identifier=c.env.db_instance)


def whose(c: Here) -> Whose:
    """The application's sessions: what evidence is sought in, and what a change may touch."""
    p = c.params
    return Whose(
        database=c.env.database.dbname,
        role=c.env.application_user,
        idle_for=p.idle_for,
        open_for=p.open_for,
        active_for=p.active_for,
    )


@probe(
    read_slots,
    asks="How many connection slots are taken, and how near are the application's own limits?",
    source="rung.c297 rung.p296",
    about=server,
)
def slots(c: Here) -> Slots:
    return read_slots(c.env.database, c.env.application_user)


@probe(
    read_sessions,
    asks="What do the application's sessions do, and since when? Whose are the others?",
    source="rung.c302 rung.c309 rung.p301 rung.p308",
    about=whose,
)
def sessions(c: Here, of: Whose) -> Sessions:
    return read_sessions(c.env.database, of, over=c.params.watched_for)


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


@probe(
    read_instance,
    asks="Is the instance available, and does a parameter wait for a reboot?",
    source="rung.c334",
    about=server,
)
def instance(c: Here, of: InstanceOf) -> Instance:
    return read_instance(c.env.aws, of.identifier)


@probe(read_connections, asks="How many connections did CloudWatch see?", source="rung.c297")
def cloudwatch(c: Here) -> Connections:
    return read_connections(c.env.aws, c.env.db_instance)


SATURATED = slots.shows(
    "at least 90% of the connection slots are taken: the server's, or those that the application's role or database may"
    " hold",
    lambda r: r.share >= 0.90,
)
SERVER_FULL = slots.shows("at least 90% of the server's own slots are taken", lambda r: r.of_server >= 0.90)
RELIEVED = slots.shows("fewer than 90% of the connection slots are taken", lambda r: r.share < 0.90)
OWN_LIMIT = slots.shows(
    "the application's role or its database has used up a limit of its own, and the server has room",
    lambda r: r.of_own_limit >= 0.90 and r.of_server < 0.90,
)
NO_OWN_LIMIT = slots.shows(
    "neither the application's role nor its database is near a limit of its own", lambda r: r.of_own_limit < 0.90
)
WAITING = instance.shows("a parameter change waits for a reboot", lambda r: r.pending)

FITTING = pools.shows("the pools together fit into the server", lambda r: r.wanted <= r.usable)
OVERSIZED = pools.shows("the pools may open more connections than the server has", lambda r: r.wanted > r.usable)
POOLS_HOLD_FEW = pools.shows("the pools hold fewer than half of the slots", lambda r: r.held < r.usable * 0.5)
LASTING = sessions.shows(
    "sessions of the application that have idled or run for long hold at least a third of its slots",
    lambda r: r.of_usable(r.lasting) >= 1 / 3,
)
UNEXPLAINED = sessions.shows(
    "sessions of the application that have idled or run for long hold fewer than half of its slots",
    lambda r: r.of_usable(r.lasting) < 0.5,
)
OTHERS_HOLD = sessions.shows(
    "sessions of other roles or databases hold at least half of the server's slots", lambda r: r.of_others >= 0.5
)
OTHERS_HOLD_FEW = sessions.shows(
    "sessions of other roles or databases hold fewer than a third of the server's slots", lambda r: r.of_others < 1 / 3
)
FEW_IDLE = sessions.shows(
    "fewer than one slot of the application in ten is long idle", lambda r: r.of_usable(r.idle_long) < 0.1
)
FEW_ABANDONED = sessions.shows(
    "fewer than one slot of the application in twenty is an abandoned transaction",
    lambda r: r.of_usable(r.idle_in_transaction_long) < 0.05,
)
FEW_LONG = sessions.shows(
    "fewer than one slot of the application in ten runs a long query", lambda r: r.of_usable(r.active_long) < 0.1
)
MOST_WORK = sessions.shows(
    "sessions of the application that are at work, watched for a while, hold at least seven in ten of its slots",
    lambda r: r.of_usable(r.working) >= 0.7,
)
WORK_FITS = sessions.shows(
    "sessions of the application that are at work, watched for a while, hold fewer than nine in ten of its slots",
    lambda r: r.of_usable(r.working) < 0.9,
)
IDLE = sessions.shows(
    "long-idle sessions of the application hold at least a third of its slots",
    lambda r: r.of_usable(r.idle_long) >= 1 / 3,
)
ABANDONED = sessions.shows(
    "abandoned transactions of the application hold at least a third of its slots",
    lambda r: r.of_usable(r.idle_in_transaction_long) >= 1 / 3,
)
LONG = sessions.shows(
    "long-running queries of the application hold at least a third of its slots",
    lambda r: r.of_usable(r.active_long) >= 1 / 3,
)

IDLE_LEAK = Hypothesis(
    name="idle_leak",
    claim="A client opens sessions and never gives them back.",
    supported_by=(IDLE,),
    refuted_by=(FEW_IDLE, UNEXPLAINED),
    strength=((IDLE, Strength.DECISIVE),),
    prior=0.4,
    source="rung.h320",
)

IDLE_IN_TRANSACTION = Hypothesis(
    name="idle_in_transaction",
    claim="A client opens transactions and walks away from them.",
    supported_by=(ABANDONED,),
    refuted_by=(FEW_ABANDONED, UNEXPLAINED),
    strength=((ABANDONED, Strength.DECISIVE),),
    source="devised",
)

LONG_QUERIES = Hypothesis(
    name="long_queries",
    claim="Queries run for so long that the slots behind them are never free.",
    supported_by=(LONG,),
    refuted_by=(FEW_LONG, UNEXPLAINED),
    strength=((LONG, Strength.DECISIVE),),
    source="rung.c309 rung.t312",
)

OVERSIZED_POOLS = Hypothesis(
    name="oversized_pools",
    claim="The clients' pools are together larger than the server.",
    supported_by=(OVERSIZED,),
    refuted_by=(FITTING, POOLS_HOLD_FEW),
    source="devised",
)

OWN_LIMIT_REACHED = Hypothesis(
    name="own_limit",
    claim="The application's role or its database has a connection limit of its own, and that is used up.",
    supported_by=(OWN_LIMIT,),
    refuted_by=(NO_OWN_LIMIT, LASTING),
    strength=((OWN_LIMIT, Strength.DECISIVE), (NO_OWN_LIMIT, Strength.DECISIVE)),
    prior=0.1,
    source="devised",
)

OTHER_SESSIONS = Hypothesis(
    name="other_sessions",
    claim="Sessions of another role or another database on the same server take the slots.",
    supported_by=(OTHERS_HOLD,),
    refuted_by=(OTHERS_HOLD_FEW, OWN_LIMIT),
    strength=((OTHERS_HOLD, Strength.DECISIVE), (OTHERS_HOLD_FEW, Strength.DECISIVE)),
    prior=0.1,
    source="devised",
)

HONEST_LOAD = Hypothesis(
    name="honest_load",
    claim="Legitimate load exceeds max_connections.",
    supported_by=(MOST_WORK, SERVER_FULL),
    refuted_by=(LASTING, OVERSIZED, OTHERS_HOLD, OWN_LIMIT),
    strength=(
        (MOST_WORK, Strength.DECISIVE),
        (SERVER_FULL, Strength.HINT),
        (OVERSIZED, Strength.DECISIVE),
        (OTHERS_HOLD, Strength.DECISIVE),
        (OWN_LIMIT, Strength.DECISIVE),
    ),
    source="rung.h328",
)

RECONNECT = "Clients of the ended sessions must reconnect."
GONE = Irreversible("An ended session cannot be resumed; its client reconnects.")
GUARDRAIL = Guardrail(at_most=200, cooldown=timedelta(minutes=10))

END_IDLE = Mitigation(
    name="end_idle_sessions",
    title="End sessions that have been idle for too long",
    treats=IDLE_LEAK,
    change=lambda c: EndIdleSessions(database=c.env.database, whose=whose(c)),
    approval=Approval(by="database on-call", risk=RECONNECT),
    guardrail=GUARDRAIL,
    undo=GONE,
    validated_by=FEW_IDLE,
    source="rung.c321 rung.t325",
)

END_TRANSACTIONS = Mitigation(
    name="end_idle_transactions",
    title="End sessions that abandoned a transaction",
    treats=IDLE_IN_TRANSACTION,
    change=lambda c: EndIdleTransactions(database=c.env.database, whose=whose(c)),
    approval=Approval(by="database on-call", risk="What the abandoned transactions had written is rolled back."),
    guardrail=GUARDRAIL,
    undo=Irreversible("A rolled-back transaction is gone; the client that abandoned it must do its work again."),
    validated_by=FEW_ABANDONED,
    source="rung.c321",
)

STOP_QUERIES = Mitigation(
    name="stop_long_queries",
    title="Cancel queries that run for too long",
    treats=LONG_QUERIES,
    change=lambda c: StopLongQueries(database=c.env.database, whose=whose(c)),
    approval=Approval(by="database on-call", risk="The work of the cancelled queries is lost; a client may repeat it."),
    guardrail=GUARDRAIL,
    undo=Irreversible("A cancelled query has lost its work; whoever needs the answer asks again."),
    validated_by=FEW_LONG,
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
    guardrail=Guardrail(at_most=1, cooldown=timedelta(minutes=30)),
    undo=Irreversible("A reboot cannot be taken back; sessions reconnect when the instance is available."),
    validated_by=WORK_FITS,
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
    guardrail=Guardrail(at_most=1, cooldown=timedelta(minutes=30)),
    undo=WayBack("The parameter group gets its old value back."),
    validated_by=WAITING,
    holds_for=timedelta(seconds=5),
    source="rung.c329 rung.t330 rung.t331",
    then=REBOOT,
)

RAISE_OWN_LIMIT = Manual(
    name="raise_own_limit",
    title="Raise the limit of the role or the database, if whoever set it agrees",
    treats=OWN_LIMIT_REACHED,
    why_manual="somebody set this limit so that others keep their slots; only they know what it may be.",
    steps=(
        slots.tells(lambda r: [f"Seen: {r}."]),
        "Find out who set it and for whom it leaves room: `rolconnlimit` in pg_roles, `datconnlimit` in pg_database.",
        "If it may be higher, `ALTER ROLE ... CONNECTION LIMIT ...` or `ALTER DATABASE ... CONNECTION LIMIT ...`; it"
        " counts at once. Correct the infrastructure's code as well.",
        "Say that it is done; the connection slots are then looked at again.",
    ),
    validated_by=NO_OWN_LIMIT,
    source="devised",
)

ASK_OTHERS = Manual(
    name="ask_other_owners",
    title="Ask the owners of the other sessions to give them back",
    treats=OTHER_SESSIONS,
    why_manual="the sessions are not rung's, and what ending them would break is not to be seen from here.",
    steps=(
        sessions.tells(lambda r: [f"{name}: {count} sessions." for name, count in r.elsewhere.items()]),
        "Ask the owner of the role with the most to stop or restart its client. rung's own clients are innocent:"
        " ending their sessions or raising max_connections would only feed the other one.",
        "Say that it is done; the sessions are then counted again.",
    ),
    validated_by=OTHERS_HOLD_FEW,
    source="devised",
)

RUNBOOK = Runbook[Rung, Params](
    name="rung.connection_exhaustion",
    title="Connection exhaustion",
    about="Clients are told `too many connections`, and requests fail now and then, because every slot is taken.",
    source="rung.connection_exhaustion rung.p290 rung.p291",
    version="2",
    severity=Severity.CRITICAL,
    environment="rung-prod",
    starts_on=("PostgresTooManyConnections", "PostgreSQLTooManyConnections", "rung-*connections*"),
    symptom=SATURATED,
    hypotheses=(
        IDLE_LEAK,
        IDLE_IN_TRANSACTION,
        LONG_QUERIES,
        OVERSIZED_POOLS,
        OWN_LIMIT_REACHED,
        OTHER_SESSIONS,
        HONEST_LOAD,
    ),
    mitigations=(
        END_IDLE,
        END_TRANSACTIONS,
        STOP_QUERIES,
        SHRINK_POOLS,
        RAISE_OWN_LIMIT,
        ASK_OTHERS,
        RAISE,
    ),
    also_asks=(clients, cloudwatch),
    escalation=Rung.DATA,
    review_by=date(2027, 6, 1),
)


@runbook_flow(RUNBOOK)
def rung_connection_exhaustion(params: Params = Params(), alert: Alert | None = None) -> State[Any]:  # noqa: B008 # frozen
    """Find out why Postgres refuses connections and offer the safest fix."""
    return follow(RUNBOOK, Rung, params, alert)
