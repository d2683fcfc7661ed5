"""The API answers late: more than one request in twenty takes longer than five seconds."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from prefect.client.schemas.objects import State
from pydantic import Field

from blocks.rung import Rung
from flows.follow import follow
from flows.forms import WindowForm
from flows.incident import runbook_flow
from flows.parts import rds
from flows.parts.awslambda import function, serving
from flows.parts.awslambda.function import ready_of
from flows.parts.awslambda.release import AskedRelease, release
from flows.parts.awslambda.serving import ReadyForm
from flows.parts.bedrock import AskedModel, latency_of
from flows.parts.postgres import activity
from flows.parts.postgres.activity import ActivityForm
from flows.rung.slow_queries import RUNBOOK as SLOW_QUERIES
from runbook import (
    Alert,
    Context,
    HandOff,
    Hypothesis,
    Manual,
    Refusal,
    Runbook,
    Severity,
    Strength,
    Wait,
    probe,
)
from tasks.cloudwatch.dimensions import of_api, of_database, of_function
from tasks.cloudwatch.read import Metric, Metrics, read_metrics
from tasks.ec2.read import Endpoints, read_endpoints
from tasks.selections import AliasOf

LATE_MS = 5000
"""P95 of the API's latency above which the incident is real (`rung.t013`: 5 s; the metric counts in ms)."""


class Params(ReadyForm, ActivityForm, WindowForm):
    environment: str = Field(default="rung-prod", min_length=1, description="Saved environment to work on.")


Here = Context[Rung, Params]


def alias(c: Here) -> AliasOf:
    """The function as the API calls it."""
    return AliasOf(function=c.env.api.function, alias=c.env.api.alias)


def waiting(env: Rung) -> tuple[Metric, Metric]:
    """How long users wait, and how many do."""
    api = of_api(env.api)
    return (
        api(name="latency", metric="Latency", statistic="p95", unit="ms", chart="the API (P95)"),
        api(name="requests", metric="Count", statistic="Sum"),
    )


def counted(env: Rung) -> tuple[Metric, ...]:
    """What CloudWatch counts of API, function, database and Bedrock; the benchmark asks the AWS CLI for the same."""
    api, database, function = of_api(env.api), of_database(env.db_instance), of_function(env.api.function)
    return (
        *waiting(env),
        api(name="integration", metric="IntegrationLatency", statistic="p95", unit="ms"),
        function(name="duration", metric="Duration", statistic="p95", unit="ms", chart="the function (P95)"),
        function(name="concurrency", metric="ConcurrentExecutions", statistic="Maximum"),
        *ready_of(env.api.function, env.api.alias),
        *rds.storage_of(env.db_instance),
        database(name="processors", metric="CPUUtilization", statistic="Average", unit="%"),
        database(name="database_connections", metric="DatabaseConnections", statistic="Maximum"),
        latency_of(env.models.model, chart="Bedrock (mean)"),
    )


@probe(
    read_metrics,
    asks="How long do API, function, database and Bedrock take?",
    source="rung.c024 rung.c034 rung.c044 rung.p023 rung.p033 rung.p043 rung.t027 rung.t028 rung.t030 rung.t031"
    " rung.t037 rung.t038 rung.t040 rung.t041 rung.t047 rung.t048 rung.t050",
    about=alias,
)
def metrics(c: Here) -> Metrics:
    return read_metrics(c.env.aws, counted(c.env), window=c.back(c.params.window), period=c.params.period)


@probe(read_endpoints, asks="Are the AWS services that the function calls reached inside the VPC?", source="devised")
def endpoints(c: Here) -> Endpoints:
    return read_endpoints(c.env.aws, c.env.network.vpc, c.env.network.endpoints)


FUNCTION = function.AskedFunction(function.function(alias, "rung.t067"))
REPORTS = function.AskedReports(function.reports(alias, lambda c: c.env.logs.function))
ACTIVITY = activity.AskedActivity[Rung, Params](activity.activity())
CALLS = function.AskedCalls(metrics)
STORAGE = rds.AskedLoad(metrics)
MODEL = AskedModel(metrics)
RELEASE = AskedRelease(
    release(alias, lambda c: waiting(c.env)), "that one request in twenty takes longer than 5 s", LATE_MS
)

LATE = metrics.shows(
    "one request of the API in twenty takes longer than 5 s (P95 of Latency above 5000 ms)",
    lambda r: r.of_enough("latency", among="requests") > LATE_MS,
    gauge="the API (P95)",
)
PROMPT = metrics.shows(
    "19 of 20 requests of the API take less than 3 s (P95 of Latency below 3000 ms)",
    lambda r: r.of_enough("latency", among="requests") < 3000,
)
BEFORE_IT = metrics.shows(
    "the function itself is quick (P95 of Duration, which leaves out how long a new environment takes to begin,"
    " below 3000 ms)",
    lambda r: r.latest("duration") < 3000,
)
INSIDE_IT = metrics.shows(
    "the function itself takes 5 s or longer (P95 of Duration at least 5000 ms), new environments left out",
    lambda r: r.latest("duration") >= LATE_MS,
)
WAY_SHUT = endpoints.shows(
    "a service that the function calls has no usable endpoint in the VPC",
    lambda r: not all(one.usable for one in r.endpoints.values()),
)
WAY_OPEN = endpoints.shows(
    "every service that the function calls has a usable endpoint in the VPC",
    lambda r: all(one.usable for one in r.endpoints.values()),
)

COLD_STARTS = serving.cold_starts(REPORTS, CALLS, "rung.h058", quick=BEFORE_IT, slow=INSIDE_IT)

SLOW_DATABASE = Hypothesis(
    name="slow_database",
    claim="The function waits for the database, whose queries take long.",
    supported_by=(ACTIVITY.slow, STORAGE.storage_slow),
    refuted_by=(ACTIVITY.quick, BEFORE_IT),
    strength=((BEFORE_IT, Strength.DECISIVE),),
    prior=0.3,
    source="rung.h059",
)

VPC_NETWORKING = Hypothesis(
    name="vpc_networking",
    claim="Calls to an AWS service leave the VPC, because it has no usable endpoint there.",
    supported_by=(WAY_SHUT,),
    refuted_by=(WAY_OPEN, BEFORE_IT),
    strength=((WAY_OPEN, Strength.DECISIVE), (BEFORE_IT, Strength.DECISIVE)),
    source="rung.h060",
)

SLOW_BEDROCK = Hypothesis(
    name="slow_bedrock",
    claim="The function waits for Bedrock, which takes long for an answer.",
    supported_by=(MODEL.slow,),
    refuted_by=(MODEL.quick, BEFORE_IT),
    strength=((MODEL.slow, Strength.DECISIVE), (BEFORE_IT, Strength.DECISIVE)),
    source="rung.h061",
)

SLOW_RELEASE = Hypothesis(
    name="slow_release",
    claim="A new version of the function is slower than the one before.",
    supported_by=(RELEASE.began_it, FUNCTION.fresh, INSIDE_IT),
    refuted_by=(FUNCTION.old, RELEASE.innocent, BEFORE_IT, ACTIVITY.slow, MODEL.slow, WAY_SHUT),
    strength=(
        (FUNCTION.fresh, Strength.HINT),
        (INSIDE_IT, Strength.HINT),
        (RELEASE.innocent, Strength.DECISIVE),
    ),
    source="devised",
)

ASK_DATABASE = HandOff(
    name="ask_database",
    title="Find out why database queries are slow",
    treats=SLOW_DATABASE,
    to=SLOW_QUERIES,
    params=lambda c: c.params.model_dump(mode="json", include={"environment", "slow_after"}),
    source="rung.h059",
)

OPEN_WAY = Manual(
    name="open_way",
    title="Put the endpoint of the VPC right",
    treats=VPC_NETWORKING,
    why_manual="routes and security groups belong to the infrastructure's code, which would set a change by hand back.",
    steps=(
        endpoints.tells(
            lambda r: [
                f"{one.service}: {str(one)[0].upper()}{str(one)[1:]}. {one.remedy}"
                for one in r.endpoints.values()
                if not one.usable
            ]
        ),
        "Make the same correction in the infrastructure's code, or the next deployment takes it away.",
        "Say that it is done; the API's latency is then looked at again.",
    ),
    validated_by=PROMPT,
    within=timedelta(minutes=15),
    source="rung.h060",
)

WAIT_FOR_BEDROCK = Wait(
    name="wait_for_bedrock",
    title="Wait until Bedrock is quick again",
    treats=SLOW_BEDROCK,
    until=MODEL.quick,
    within=timedelta(minutes=30),
    says="Bedrock's slow spells mostly end within half an hour, and another model is not to be had in less.",
    source="rung.h061",
)

# Not handed to the runbook of Bedrock's failing calls: its symptom is calls that bring nothing, and these bring an
# answer, late. It would find nothing there, and end.
OTHER_MODEL = Manual(
    name="other_model",
    title="Let the function call another model",
    treats=SLOW_BEDROCK,
    why_manual="another model gives other answers to clinical questions; that is for its owners to accept.",
    steps=(
        metrics.tells(lambda r: [f"Bedrock takes {r.latest('bedrock') / 1000:.1f} s for an answer."]),
        "Look at the AWS Health Dashboard for Amazon Bedrock in this region, and open a case if it shows nothing.",
        "If the owners of the analysis accept it, deploy the function with the alternate model of the environment.",
        "Say that it is done; the API's latency is then looked at again.",
    ),
    validated_by=PROMPT,
    waits=timedelta(hours=2),
    within=timedelta(minutes=15),
    source="rung.h061",
)

RUNBOOK = Runbook[Rung, Params](
    name="rung.high_latency",
    title="High latency",
    about="The API answers slowly, users complain, and the latency alarm is on.",
    source="rung.high_latency rung.t013 rung.t018 rung.p016 rung.p017",
    version="1",
    severity=Severity.ERROR,
    environment="rung-prod",
    starts_on=("ApiHighLatency", "RungApiHighLatency", "rung-api-*latency*"),
    symptom=LATE,
    lingers=timedelta(minutes=15),
    hypotheses=(COLD_STARTS, SLOW_DATABASE, VPC_NETWORKING, SLOW_BEDROCK, SLOW_RELEASE),
    mitigations=(
        ASK_DATABASE,
        serving.provision_concurrency(COLD_STARTS, CALLS, alias, "rung.c065 rung.p064 rung.t067 rung.t068"),
        OPEN_WAY,
        WAIT_FOR_BEDROCK,
        OTHER_MODEL,
        *serving.roll_back_release(
            SLOW_RELEASE,
            FUNCTION,
            alias,
            lambda c: waiting(c.env),
            limit=LATE_MS,
            validated_by=PROMPT,
            again="the API's latency is",
            within=timedelta(minutes=15),
        ),
    ),
    refuses=(
        Refusal(
            what="Listing indexes with `idx_scan = 0` as if they were missing.",
            why="These are indexes that nothing has used, primary keys among them; dropping one makes it worse."
            " Tables that want an index are found by `rung.slow_queries`.",
            source="rung.c071 rung.p070 rung.t071 rung.t074",
        ),
    ),
    also_asks=(function.concurrency(alias),),
    escalation=Rung.PERFORMANCE,
    review_by=date(2027, 6, 1),
)


@runbook_flow(RUNBOOK)
def rung_high_latency(params: Params = Params(), alert: Alert | None = None) -> State[Any]:  # noqa: B008 # frozen
    """Find out why the API is slow and offer the safest fix."""
    return follow(RUNBOOK, Rung, params, alert)
