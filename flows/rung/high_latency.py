"""The API answers late: more than one request in twenty takes longer than five seconds."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from prefect.client.schemas.objects import State
from pydantic import Field

from blocks.rung import Rung
from flows.follow import follow
from flows.forms import Period, RequestsForm
from flows.incident import runbook_flow
from flows.rung.slow_queries import RUNBOOK as SLOW_QUERIES
from runbook import (
    Alert,
    Approval,
    Context,
    Guardrail,
    HandOff,
    Hypothesis,
    Manual,
    Mitigation,
    Refusal,
    Runbook,
    Severity,
    Strength,
    WayBack,
    probe,
)
from tasks.awslambda.capacity import ProvisionConcurrency
from tasks.awslambda.read import Concurrency, Function, read_concurrency, read_function
from tasks.cloudwatch.dimensions import of_alias, of_api, of_database, of_function, of_model
from tasks.cloudwatch.read import Metric, Metrics, read_metrics
from tasks.ec2.read import Endpoints, read_endpoints
from tasks.logs.insights import Reports, read_reports
from tasks.postgres.activity import Activity, read_activity
from tasks.selections import AliasOf

LATE_MS = 5000
"""P95 of the API's latency above which the incident is real (`rung.t013`: 5 s; the metric counts in ms)."""


class Params(RequestsForm):
    environment: str = Field(default="rung-prod", min_length=1, description="Saved environment to work on.")
    period: Period = timedelta(minutes=5)
    environments: int = Field(
        default=10, ge=1, le=500, description="Environments of the function that stand ready after the change."
    )


Here = Context[Rung, Params]


def alias(c: Here) -> AliasOf:
    """The function as the API calls it."""
    return AliasOf(function=c.env.api.function, alias=c.env.api.alias)


def counted(env: Rung) -> tuple[Metric, ...]:
    """What CloudWatch counts of API, function, database and Bedrock; the benchmark asks the AWS CLI for the same."""
    api, database, model = of_api(env.api), of_database(env.db_instance), of_model(env.models.model)
    function, alias = of_function(env.api.function), of_alias(env.api.function, env.api.alias)
    spilled = "ProvisionedConcurrencySpilloverInvocations"
    return (
        api(name="latency", metric="Latency", statistic="p95", unit="ms", chart="the API (P95)"),
        api(name="integration", metric="IntegrationLatency", statistic="p95", unit="ms"),
        api(name="requests", metric="Count", statistic="Sum"),
        function(name="duration", metric="Duration", statistic="p95", unit="ms", chart="the function (P95)"),
        function(name="concurrency", metric="ConcurrentExecutions", statistic="Maximum"),
        alias(name="in_use", metric="ProvisionedConcurrentExecutions", statistic="Maximum"),
        alias(name="spilled", metric=spilled, statistic="Sum", zero_beside="in_use"),
        database(name="read_latency", metric="ReadLatency", statistic="Average", unit="s"),
        database(name="write_latency", metric="WriteLatency", statistic="Average", unit="s"),
        database(name="processors", metric="CPUUtilization", statistic="Average", unit="%"),
        database(name="database_connections", metric="DatabaseConnections", statistic="Maximum"),
        model(name="bedrock", metric="InvocationLatency", statistic="Average", unit="ms", chart="Bedrock (mean)"),
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


@probe(
    read_reports,
    asks="How many requests met a new environment, and how long did it take to begin?",
    source="devised",
    timeout=timedelta(seconds=15),
    about=alias,
)
def reports(c: Here) -> Reports:
    return read_reports(c.env.aws, c.env.logs.function, window=c.back(c.params.window))


@probe(
    read_concurrency,
    asks="How many environments stand ready, and how much may the function grow?",
    source="devised",
    about=alias,
)
def concurrency(c: Here, of: AliasOf) -> Concurrency:
    return read_concurrency(c.env.aws, of.function, of.alias)


@probe(
    read_function,
    asks="Which version of the function does the API call, and since when?",
    source="rung.t067",
    about=alias,
)
def function(c: Here, of: AliasOf) -> Function:
    return read_function(c.env.aws, of.function, of.alias)


@probe(read_activity, asks="Do database queries run for long at this moment?", source="devised")
def activity(c: Here) -> Activity:
    return read_activity(c.env.database, slow_after=c.params.slow_after, over=c.params.watched_for)


@probe(read_endpoints, asks="Are the AWS services that the function calls reached inside the VPC?", source="devised")
def endpoints(c: Here) -> Endpoints:
    return read_endpoints(c.env.aws, c.env.network.vpc, c.env.network.endpoints)


LATE = metrics.shows(
    "one request of the API in twenty takes longer than 5 s (P95 of Latency above 5000 ms)",
    lambda r: r.of_enough("latency", among="requests") > LATE_MS,
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
COLD = reports.shows(
    "at least one request in twenty met a new environment, which took 2 s or longer to begin",
    lambda r: r.cold_share >= 0.05 and r.begin >= timedelta(seconds=2),
)
WARM = reports.shows(
    "fewer than one request in fifty met a new environment, or these begin within 1 s",
    lambda r: r.cold_share < 0.02 or r.begin < timedelta(seconds=1),
)
SERVED_READY = metrics.shows(
    "environments that stand ready are in use, and no request found all of them taken",
    lambda r: r.latest("in_use") > 0 and r.latest("spilled") == 0,
)
QUERIES_SLOW = activity.shows(
    "in at least half of the looks a database query had run for too long (`slow_after`)",
    lambda r: r.busy >= r.samples / 2,
)
QUERIES_QUICK = activity.shows(
    "in fewer than one look in four a database query had run for too long (`slow_after`)",
    lambda r: r.busy < r.samples / 4,
)
STORAGE_SLOW = metrics.shows(
    "the database's storage takes 20 ms (0.02 s) or longer to read or write",
    lambda r: max(r.latest("read_latency"), r.latest("write_latency")) >= 0.02,
)
WAY_SHUT = endpoints.shows(
    "a service that the function calls has no usable endpoint in the VPC",
    lambda r: not all(one.usable for one in r.endpoints.values()),
)
WAY_OPEN = endpoints.shows(
    "every service that the function calls has a usable endpoint in the VPC",
    lambda r: all(one.usable for one in r.endpoints.values()),
)
BEDROCK_SLOW = metrics.shows(
    "Bedrock takes 4 s or longer for an answer (InvocationLatency at least 4000 ms)",
    lambda r: r.latest("bedrock") >= 4000,
)
BEDROCK_QUICK = metrics.shows(
    "Bedrock answers within 2 s (InvocationLatency below 2000 ms)", lambda r: r.latest("bedrock") < 2000
)
FRESH_RELEASE = function.shows(
    "the version that the API calls was published within the last two hours", lambda r: r.age <= timedelta(hours=2)
)
OLD_RELEASE = function.shows(
    "the version that the API calls was published more than a day ago", lambda r: r.age > timedelta(days=1)
)

COLD_STARTS = Hypothesis(
    name="cold_starts",
    claim="Requests meet new environments of the function, which take long to begin.",
    supported_by=(COLD, BEFORE_IT),
    refuted_by=(WARM, SERVED_READY, INSIDE_IT),
    strength=((COLD, Strength.DECISIVE), (WARM, Strength.DECISIVE), (BEFORE_IT, Strength.HINT)),
    prior=0.3,
    source="rung.h058",
)

SLOW_DATABASE = Hypothesis(
    name="slow_database",
    claim="The function waits for the database, whose queries take long.",
    supported_by=(QUERIES_SLOW, STORAGE_SLOW),
    refuted_by=(QUERIES_QUICK, BEFORE_IT),
    prior=0.3,
    source="rung.h059",
)

VPC_NETWORKING = Hypothesis(
    name="vpc_networking",
    claim="Calls to an AWS service leave the VPC, because it has no usable endpoint there.",
    supported_by=(WAY_SHUT,),
    refuted_by=(WAY_OPEN, BEFORE_IT),
    strength=((WAY_OPEN, Strength.DECISIVE),),
    source="rung.h060",
)

SLOW_BEDROCK = Hypothesis(
    name="slow_bedrock",
    claim="The function waits for Bedrock, which takes long for an answer.",
    supported_by=(BEDROCK_SLOW,),
    refuted_by=(BEDROCK_QUICK, BEFORE_IT),
    strength=((BEDROCK_SLOW, Strength.DECISIVE),),
    source="rung.h061",
)

SLOW_RELEASE = Hypothesis(
    name="slow_release",
    claim="A new version of the function is slower than the one before.",
    supported_by=(FRESH_RELEASE,),
    refuted_by=(OLD_RELEASE, BEFORE_IT, QUERIES_SLOW, BEDROCK_SLOW, WAY_SHUT),
    source="devised",
)

PROVISION = Mitigation(
    name="provision_concurrency",
    title="Let environments of the function stand ready",
    treats=COLD_STARTS,
    change=lambda c: ProvisionConcurrency(
        aws=c.env.aws, function=c.env.api.function, alias=c.env.api.alias, executions=c.params.environments
    ),
    approval=Approval(
        by="API on-call",
        risk="They cost money as long as they stand ready, used or not, and take from the account's concurrency.",
    ),
    guardrail=Guardrail(at_most=1, cooldown=timedelta(minutes=15)),
    undo=WayBack("The alias gets the number back that it had, or none."),
    validated_by=SERVED_READY,
    within=timedelta(minutes=15),
    # Time for the team to make it part of its deployment; a forgotten one is not paid for for ever.
    expires_after=timedelta(days=7),
    source="rung.c065 rung.p064 rung.t067 rung.t068",
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

# Not handed to the runbook of Bedrock's failing calls: its symptom is calls that bring nothing, and these bring an
# answer, late. It would find nothing there, and end.
OTHER_MODEL = Manual(
    name="other_model",
    title="Let the function call another model, or wait for Bedrock",
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

ROLL_BACK = Manual(
    name="roll_back_release",
    title="Go back to the version before",
    treats=SLOW_RELEASE,
    why_manual="only those who released it know whether the version before still fits the database and its callers.",
    steps=(
        function.tells(
            lambda r: [
                f"{r.name}:{r.alias} is version {r.version}, published {r.published:%Y-%m-%d %H:%M} UTC; ask who"
                " released it whether the version before may take over."
            ]
        ),
        "Roll back with the deployment's own tool, or point the alias to the version before and tell them.",
        "Say that it is done; the API's latency is then looked at again.",
    ),
    validated_by=PROMPT,
    within=timedelta(minutes=15),
    source="devised",
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
    mitigations=(ASK_DATABASE, PROVISION, OPEN_WAY, OTHER_MODEL, ROLL_BACK),
    refuses=(
        Refusal(
            what="Listing indexes with `idx_scan = 0` as if they were missing.",
            why="These are indexes that nothing has used, primary keys among them; dropping one makes it worse."
            " Tables that want an index are found by `rung.slow_queries`.",
            source="rung.c071 rung.p070 rung.t071 rung.t074",
        ),
    ),
    also_asks=(concurrency,),
    escalation=Rung.PERFORMANCE,
    review_by=date(2027, 6, 1),
)


@runbook_flow(RUNBOOK)
def rung_high_latency(params: Params = Params(), alert: Alert | None = None) -> State[Any]:  # noqa: B008 # frozen
    """Find out why the API is slow and offer the safest fix."""
    return follow(RUNBOOK, Rung, params, alert)
