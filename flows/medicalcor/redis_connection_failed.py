"""Redis lets nobody in, or turns the application away."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from prefect.client.schemas.objects import State
from pydantic import Field

from blocks.medicalcor import MedicalCor
from flows.follow import follow
from flows.incident import runbook_flow
from flows.parts.redis import entrance, seen, steps
from runbook import Alert, Context, Form, Hypothesis, Manual, Refusal, Runbook, Severity, Strength
from tasks.redis.clients import ClientsOf

ON_CALL = "platform on-call"


class Params(Form):
    environment: str = Field(default="medicalcor-prod", min_length=1, description="Saved environment to work on.")
    idle_for: timedelta = Field(
        default=timedelta(minutes=10),
        ge=timedelta(seconds=1),
        description="Clients that stand still for longer than this are leaked. Devised: the page has no such number.",
    )


Here = Context[MedicalCor, Params]


def leaked(c: Here) -> ClientsOf:
    """What evidence about idle clients is about, and what a change may end."""
    return ClientsOf(user=c.env.redis_user, idle_for=c.params.idle_for)


DOOR = entrance.AskedEntrance[MedicalCor, Params](entrance.redis_entrance("medicalcor.c301 medicalcor.p300"))
CLIENTS = seen.AskedClients[MedicalCor, Params](seen.redis_clients(leaked))
INSTANCE = entrance.AskedInstance[MedicalCor, Params](
    entrance.redis_instance(lambda env: env.cache_instance, "medicalcor.c304 medicalcor.t304 medicalcor.p303")
)

NETWORK = Hypothesis(
    name="network",
    claim="The way to Redis is cut: peering, firewall, or its address.",
    supported_by=(DOOR.unreached,),
    refuted_by=(DOOR.reached, INSTANCE.unwell),
    strength=((DOOR.reached, Strength.DECISIVE), (INSTANCE.unwell, Strength.DECISIVE)),
    prior=0.3,
    source="medicalcor.h311",
)

INSTANCE_DOWN = Hypothesis(
    name="instance_down",
    claim="The instance itself does not serve.",
    supported_by=(INSTANCE.unwell,),
    refuted_by=(INSTANCE.serves,),
    strength=((INSTANCE.unwell, Strength.DECISIVE), (INSTANCE.serves, Strength.DECISIVE)),
    source="medicalcor.h313",
)

WRONG_PASSWORD = Hypothesis(
    name="wrong_password",
    claim="Somebody asks with a wrong name or password.",
    supported_by=(DOOR.strangers,),
    refuted_by=(DOOR.no_strangers,),
    strength=((DOOR.strangers, Strength.DECISIVE), (DOOR.no_strangers, Strength.DECISIVE)),
    source="medicalcor.h312",
)

IDLE_CLIENTS = Hypothesis(
    name="idle_clients",
    claim="Clients open connections and never give them back.",
    supported_by=(CLIENTS.idle,),
    refuted_by=(CLIENTS.few_idle,),
    strength=((CLIENTS.idle, Strength.DECISIVE), (CLIENTS.few_idle, Strength.DECISIVE)),
    prior=0.3,
    source="medicalcor.h314",
)

MANY_CLIENTS = Hypothesis(
    name="many_clients",
    claim="More clients are at work than it takes.",
    supported_by=(CLIENTS.full,),
    refuted_by=(CLIENTS.room, CLIENTS.idle),
    strength=((CLIENTS.full, Strength.DECISIVE), (CLIENTS.idle, Strength.DECISIVE)),
    source="medicalcor.h314",
)

NOT_READY = Hypothesis(
    name="not_ready",
    claim="It has just been started or failed over, and is not ready yet.",
    supported_by=(DOOR.unready,),
    refuted_by=(DOOR.not_unready,),
    strength=((DOOR.unready, Strength.DECISIVE), (DOOR.not_unready, Strength.DECISIVE)),
    prior=0.1,
    source="devised",
)

MEND_NETWORK = Manual(
    name="mend_network",
    title="Mend the way to Redis",
    treats=NETWORK,
    why_manual="who may reach what is for the owner of the network to say.",
    steps=(
        DOOR.probe.tells(lambda r: [f"Seen: {r}"]),
        "Compare the address that the service uses with the instance's own: it is another one after it was made anew.",
        "Look at the peering of the VPC, the connector of the service and the firewall's rules; what was changed last?",
        "Say that it is done; Redis is then asked again.",
    ),
    validated_by=DOOR.reached,
    source="medicalcor.h311",
)

BRING_BACK = Manual(
    name="bring_instance_back",
    title="Wait for Google, or fail over",
    treats=INSTANCE_DOWN,
    why_manual="a failover loses what was not copied yet, and on the Basic tier there is nothing to fail over to.",
    steps=(
        INSTANCE.probe.tells(lambda r: [f"Seen: {r}."]),
        INSTANCE.probe.tells(
            lambda r: [
                "Where Google does not repair it by itself, fail over in the mode `limited-data-loss`."
                if r.stands_by
                else "It is of the Basic tier: wait for Google, and expect that all it kept is lost."
            ]
        ),
        "Say that it is done; the instance is then looked at again.",
    ),
    validated_by=INSTANCE.serves,
    source="medicalcor.h313",
)

MEND_PASSWORD = Manual(
    name="mend_password",
    title="Give the application the right password",
    treats=WRONG_PASSWORD,
    why_manual="the password is a secret that no run may read.",
    steps=(
        DOOR.probe.tells(lambda r: [f"Seen: {r}."]),
        "See which service asks in vain: its log says WRONGPASS or NOAUTH. Which version of the secret does its"
        " revision read, and is there a newer one?",
        "Deploy a revision that reads the version that is valid; never put the password into a command or a ticket.",
        "Say that it is done; Redis is then asked again.",
    ),
    validated_by=DOOR.no_strangers,
    source="medicalcor.h312",
)

FEWER_CLIENTS = Manual(
    name="fewer_clients",
    title="Let fewer clients in, or take a larger instance",
    treats=MANY_CLIENTS,
    why_manual="how many connections each service needs is for its owner to say.",
    steps=(
        CLIENTS.probe.tells(lambda r: [f"Seen: {r}."]),
        "Instances times connections of a pool must fit: lower the pool of the client that holds most, or the number of"
        " its instances.",
        "Where all are needed, take a larger instance: how many clients one takes depends on its size.",
        "Say that it is done; the clients are then counted again.",
    ),
    validated_by=CLIENTS.room,
    source="medicalcor.h314",
)

WAIT = Manual(
    name="wait_until_ready",
    title="Wait until it is ready",
    treats=NOT_READY,
    why_manual="it becomes ready by itself, and whoever restarts it meanwhile makes it begin anew.",
    steps=(
        DOOR.probe.tells(lambda r: [f"Seen: {r}"]),
        "Wait; how long it loads depends on how much it keeps. Restart nothing.",
        "Say so when it answers; it is then asked again.",
    ),
    validated_by=DOOR.not_unready,
    source="devised",
)

RUNBOOK = Runbook[MedicalCor, Params](
    name="medicalcor.redis_connection_failed",
    title="Redis connections fail",
    about="Limits are not kept, sessions are not found, and `/ready` says that Redis is in error.",
    source="medicalcor.redis_connection_failed medicalcor.p293 medicalcor.p294 medicalcor.p295",
    version="1",
    severity=Severity.CRITICAL,
    environment="medicalcor-prod",
    starts_on=("MedicalCorRedisConnectionFailed", "RedisDown", "RedisTooManyConnections", "medicalcor-redis-*connect*"),
    symptom=DOOR.trouble,
    hypotheses=(NETWORK, INSTANCE_DOWN, WRONG_PASSWORD, IDLE_CLIENTS, MANY_CLIENTS, NOT_READY),
    mitigations=(
        MEND_NETWORK,
        BRING_BACK,
        MEND_PASSWORD,
        steps.end_idle_clients(
            IDLE_CLIENTS, leaked, by=ON_CALL, validated_by=CLIENTS.few_idle, source="medicalcor.h314"
        ),
        FEWER_CLIENTS,
        WAIT,
    ),
    refuses=(
        Refusal(
            what="Restarting the instance.",
            why="Memorystore has no restart; a failover is one, and loses what was not copied yet.",
            source="medicalcor.h313",
        ),
    ),
    escalation=MedicalCor.ON_CALL,
    review_by=date(2027, 6, 1),
)


@runbook_flow(RUNBOOK)
def medicalcor_redis_connection_failed(params: Params = Params(), alert: Alert | None = None) -> State[Any]:  # noqa: B008 # frozen
    """Find out why Redis turns clients away and offer the safest fix."""
    return follow(RUNBOOK, MedicalCor, params, alert)
