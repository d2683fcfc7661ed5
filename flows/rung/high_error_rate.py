"""The API fails: more than one request in twenty is answered with a 5xx."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

from prefect.client.schemas.objects import State
from pydantic import Field

from blocks.rung import Rung
from flows.follow import follow
from flows.incident import runbook_flow
from flows.rung.connection_exhaustion import RUNBOOK as CONNECTION_EXHAUSTION
from flows.rung.high_latency import RUNBOOK as HIGH_LATENCY
from runbook import (
    Alert,
    Approval,
    Belt,
    Context,
    Form,
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
from tasks.awslambda.capacity import RaiseCeiling
from tasks.awslambda.change import RaiseMemory, RaiseTimeout
from tasks.awslambda.read import Concurrency, Function, read_concurrency, read_function
from tasks.cloudwatch.read import Metric, Metrics, read_metrics
from tasks.logs.insights import Reports, read_reports
from tasks.logs.read import Events, Kind, read_events
from tasks.postgres.activity import Activity, read_activity
from tasks.postgres.read import Slots, read_slots

DEPENDENCIES = {
    "bedrock": ("Bedrock", "rung.bedrock_calls_failing"),
    "cognito": ("Cognito", "rung.users_cannot_log_in"),
    "n8n": ("n8n", "rung.workflow_not_triggering"),
    "s3": ("S3", "rung.s3_access_denied"),
}
"""What the function calls: the kind of event, how people call it, and the runbook that knows more."""

KINDS = (
    Kind(name="connections", pattern=r"too many clients|remaining connection slots|too many connections"),
    Kind(name="bedrock", pattern=r"InvokeModel|Converse|bedrock"),
    Kind(name="cognito", pattern=r"cognito|InitiateAuth"),
    Kind(name="n8n", pattern=r"n8n|/webhook/"),
    Kind(name="s3", pattern=r"GetObject|PutObject|HeadObject|s3://"),
    Kind(name="timeout", pattern=r"Task timed out"),
    Kind(name="memory", pattern=r"signal: killed|OutOfMemory|MemoryError"),
    Kind(name="code", pattern=r"\b\w+Error\b"),
)
"""The first that matches counts, so what an exception of the function's own code looks like comes last."""


class Params(Form):
    environment: str = Field(default="rung-prod", min_length=1, description="Saved environment to work on.")
    window: timedelta = Field(
        default=timedelta(hours=1), ge=timedelta(seconds=1), le=timedelta(days=1), description="How far back to look."
    )
    period: timedelta = Field(
        default=timedelta(minutes=1),
        ge=timedelta(seconds=1),
        le=timedelta(hours=1),
        description="One value per period.",
    )
    slow_after: timedelta = Field(
        default=timedelta(seconds=1),
        ge=timedelta(milliseconds=10),
        description="A database query that has run for longer than this is slow.",
    )
    watched_for: timedelta = Field(
        default=timedelta(seconds=2),
        ge=timedelta(milliseconds=200),
        le=timedelta(seconds=5),
        description="How long the running database queries are watched.",
    )
    most_memory: int = Field(
        default=3008, ge=128, le=10_240, description="Memory of the function (MB) that is not exceeded; it is doubled."
    )
    timeout: timedelta = Field(
        default=timedelta(seconds=25),
        ge=timedelta(seconds=1),
        description="Timeout of the function after the change; more than 29 s is of no use behind API Gateway.",
    )


Here = Context[Rung, Params]


@probe(
    read_metrics,
    asks="How many requests fail, and what do function, database and Bedrock count?",
    source="rung.c103 rung.p102 rung.t081 rung.t107 rung.t109",
)
def metrics(c: Here) -> Metrics:
    stage = (("ApiName", c.env.api.name), ("Stage", c.env.api.stage))
    of_api = partial(Metric, namespace="AWS/ApiGateway", dimensions=stage)
    of_function = partial(Metric, namespace="AWS/Lambda", dimensions=(("FunctionName", c.env.api.function),))
    of_database = partial(Metric, namespace="AWS/RDS", dimensions=(("DBInstanceIdentifier", c.env.db_instance),))
    of_model = partial(Metric, namespace="AWS/Bedrock", dimensions=(("ModelId", c.env.models.model),))
    return read_metrics(
        c.env.aws,
        (
            of_api(name="requests", metric="Count", statistic="Sum"),
            of_api(name="failed", metric="5XXError", statistic="Sum", zero_beside="requests"),
            of_api(name="refused", metric="4XXError", statistic="Sum", zero_beside="requests"),
            of_function(name="invocations", metric="Invocations", statistic="Sum"),
            of_function(name="errors", metric="Errors", statistic="Sum", zero_beside="invocations"),
            of_function(name="throttled", metric="Throttles", statistic="Sum", zero_beside="invocations"),
            of_function(name="concurrency", metric="ConcurrentExecutions", statistic="Maximum"),
            of_database(name="database_connections", metric="DatabaseConnections", statistic="Maximum"),
            of_model(name="bedrock", metric="InvocationLatency", statistic="Average", unit="ms"),
        ),
        window=c.params.window,
        period=c.params.period,
    )


@probe(
    read_events,
    asks="What kinds of errors does the function log?",
    source="rung.c089 rung.p088 rung.t090 rung.t091",
    timeout=timedelta(seconds=30),
)
def errors(c: Here) -> Events:
    pattern = '?ERROR ?"Task timed out" ?"Runtime exited"'
    return read_events(c.env.aws, c.env.logs.function, pattern=pattern, window=c.params.window, kinds=KINDS)


@probe(
    read_events,
    asks="With which status does API Gateway answer requests that fail?",
    source="rung.c096 rung.p095 rung.t098 rung.t099",
    timeout=timedelta(seconds=30),
)
def answers(c: Here) -> Events:
    kinds = tuple(Kind(name=status, pattern=rf'"status":\s*"?{status}\b') for status in ("500", "502", "503", "504"))
    return read_events(c.env.aws, c.env.logs.api, pattern="{ $.status >= 500 }", window=c.params.window, kinds=kinds)


@probe(
    read_reports,
    asks="How many requests ran out of memory or time?",
    source="devised",
    timeout=timedelta(seconds=15),
)
def reports(c: Here) -> Reports:
    return read_reports(c.env.aws, c.env.logs.function, window=c.params.window)


@probe(read_slots, asks="How many connection slots are taken?", source="devised")
def slots(c: Here) -> Slots:
    return read_slots(c.env.database)


@probe(read_activity, asks="Do database queries run for long at this moment?", source="devised")
def activity(c: Here) -> Activity:
    return read_activity(c.env.database, slow_after=c.params.slow_after, over=c.params.watched_for)


@probe(read_function, asks="Which version of the function does the API call, and since when?", source="devised")
def function(c: Here) -> Function:
    return read_function(c.env.aws, c.env.api.function, c.env.api.alias)


@probe(read_concurrency, asks="How many requests may the function serve at once?", source="devised")
def concurrency(c: Here) -> Concurrency:
    return read_concurrency(c.env.aws, c.env.api.function, c.env.api.alias)


def share(r: Metrics, of: str, among: str) -> float:
    """A count of the newest period as a share of another; without requests there is none, which is unknown."""
    if not (all_of := r.latest(among)):
        raise LookupError("there were no requests in the newest period")
    return r.latest(of) / all_of


def of_errors(r: Events, *kinds: str) -> float:
    """Errors of these kinds as a share of all; without errors there is none, which is unknown."""
    if r.none():
        raise LookupError(f"{r.group} has no errors")
    return sum(map(r.of, kinds)) / r.total


FAILING = metrics.shows(
    "more than 5% of the API's requests fail (5XXError against Count)", lambda r: share(r, "failed", "requests") > 0.05
)
SERVING = metrics.shows(
    "fewer than 1% of the API's requests fail (5XXError against Count)", lambda r: share(r, "failed", "requests") < 0.01
)
SLOTS_TAKEN = slots.shows("at least 90% of the connection slots are taken", lambda r: r.share >= 0.90)
SLOTS_FREE = slots.shows("fewer than 70% of the connection slots are taken", lambda r: r.share < 0.70)
NO_SLOT = errors.shows(
    "at least a third of the errors are refused database connections", lambda r: of_errors(r, "connections") >= 1 / 3
)
OUT_OF_MEMORY = reports.shows(
    "at least one request in a hundred ran out of memory", lambda r: r.share(r.out_of_memory) >= 0.01
)
MEMORY_FULL = reports.shows("a request used at least 95% of the function's memory", lambda r: r.memory_used >= 0.95)
MEMORY_SPARE = reports.shows("no request used more than 80% of the function's memory", lambda r: r.memory_used <= 0.80)
OUT_OF_TIME = reports.shows(
    "at least one request in a hundred ran into the function's timeout", lambda r: r.share(r.timed_out) >= 0.01
)
IN_TIME = reports.shows("no request ran into the function's timeout", lambda r: r.share(r.timed_out) == 0)
QUERIES_SLOW = activity.shows(
    "in at least half of the looks a database query had run for too long (`slow_after`)",
    lambda r: r.busy >= r.samples / 2,
)
BEDROCK_SLOW = metrics.shows(
    "Bedrock takes 4 s or longer for an answer (InvocationLatency at least 4000 ms)",
    lambda r: r.latest("bedrock") >= 4000,
)
OTHERS_FAIL = errors.shows(
    "at least a third of the errors are failed calls of Bedrock, Cognito, n8n or S3",
    lambda r: of_errors(r, *DEPENDENCIES) >= 1 / 3,
)
OTHERS_SERVE = errors.shows(
    "fewer than one error in twenty is a failed call of Bedrock, Cognito, n8n or S3",
    lambda r: of_errors(r, *DEPENDENCIES) < 0.05,
)
TURNED_AWAY = metrics.shows(
    "at least 1% of the calls are turned away (Throttles against Invocations)",
    lambda r: share(r, "throttled", "invocations") >= 0.01,
)
ALL_ADMITTED = metrics.shows("no call is turned away (Throttles is 0)", lambda r: r.latest("throttled") == 0)
NO_CEILING = concurrency.shows(
    "the function has no ceiling of its own (reserved concurrency)", lambda r: r.reserved is None
)
OWN_CODE = errors.shows(
    "at least a third of the errors are exceptions in the function's own code", lambda r: of_errors(r, "code") >= 1 / 3
)
FRESH_RELEASE = function.shows(
    "the version that the API calls was published within the last two hours", lambda r: r.age <= timedelta(hours=2)
)
OLD_RELEASE = function.shows(
    "the version that the API calls was published more than a day ago", lambda r: r.age > timedelta(days=1)
)

NO_CONNECTIONS = Hypothesis(
    name="no_connections",
    claim="The database refuses the function, because every connection slot is taken.",
    supported_by=(SLOTS_TAKEN, NO_SLOT),
    refuted_by=(SLOTS_FREE,),
    strength=((SLOTS_TAKEN, Strength.DECISIVE), (SLOTS_FREE, Strength.DECISIVE)),
    source="rung.h117",
)

NO_MEMORY = Hypothesis(
    name="no_memory",
    claim="Requests need more memory than the function has.",
    supported_by=(OUT_OF_MEMORY, MEMORY_FULL),
    refuted_by=(MEMORY_SPARE,),
    strength=((OUT_OF_MEMORY, Strength.DECISIVE), (MEMORY_SPARE, Strength.DECISIVE)),
    source="rung.h118",
)

NO_TIME = Hypothesis(
    name="no_time",
    claim="The work of some requests takes longer than the function may.",
    supported_by=(OUT_OF_TIME,),
    refuted_by=(IN_TIME, QUERIES_SLOW, BEDROCK_SLOW, MEMORY_FULL),
    source="rung.h119",
)

WAITS = Hypothesis(
    name="waits_for_others",
    claim="Requests run into the timeout, because the database or Bedrock keeps them waiting.",
    supported_by=(QUERIES_SLOW, BEDROCK_SLOW),
    refuted_by=(IN_TIME,),
    strength=((IN_TIME, Strength.DECISIVE),),
    source="devised",
)

OTHERS = Hypothesis(
    name="dependency_fails",
    claim="Something that the function calls fails: Bedrock, Cognito, n8n or S3.",
    supported_by=(OTHERS_FAIL,),
    refuted_by=(OTHERS_SERVE,),
    strength=((OTHERS_FAIL, Strength.DECISIVE),),
    source="rung.h120",
)

THROTTLED = Hypothesis(
    name="throttled",
    claim="Lambda turns calls away, because the function serves as many at once as it may.",
    supported_by=(TURNED_AWAY,),
    refuted_by=(ALL_ADMITTED, NO_CEILING),
    strength=((TURNED_AWAY, Strength.DECISIVE),),
    source="devised",
)

BAD_RELEASE = Hypothesis(
    name="bad_release",
    claim="A new version of the function has a fault.",
    supported_by=(FRESH_RELEASE, OWN_CODE),
    refuted_by=(OLD_RELEASE, SLOTS_TAKEN, OTHERS_FAIL, TURNED_AWAY),
    strength=((OWN_CODE, Strength.HINT),),
    source="devised",
)

ASK_CONNECTIONS = HandOff(
    name="ask_connections",
    title="Find out who takes the connection slots",
    treats=NO_CONNECTIONS,
    to=CONNECTION_EXHAUSTION,
    params=lambda c: c.params.model_dump(mode="json", include={"environment"}),
    source="rung.h117",
)

ASK_LATENCY = HandOff(
    name="ask_latency",
    title="Find out what keeps requests waiting",
    treats=WAITS,
    to=HIGH_LATENCY,
    params=lambda c: c.params.model_dump(mode="json", include={"environment", "window", "slow_after", "watched_for"}),
    source="devised",
)

MORE_MEMORY = Mitigation(
    name="raise_memory",
    title="Give the function twice the memory",
    treats=NO_MEMORY,
    change=lambda c: RaiseMemory(
        aws=c.env.aws, function=c.env.api.function, alias=c.env.api.alias, at_most=c.params.most_memory
    ),
    approval=Approval(
        by="API on-call", risk="Each request costs about twice as much; a leak would only take longer to show again."
    ),
    belt=Belt(at_most=1, cooldown=timedelta(minutes=15)),
    undo=WayBack("The alias is pointed back to the version before, and the unpublished function gets the old value."),
    validated_by=SERVING,
    within=timedelta(minutes=10),
    source="rung.h118",
)

MORE_TIME = Mitigation(
    name="raise_timeout",
    title="Give the function more time",
    treats=NO_TIME,
    change=lambda c: RaiseTimeout(
        aws=c.env.aws, function=c.env.api.function, alias=c.env.api.alias, to=c.params.timeout
    ),
    approval=Approval(
        by="API on-call", risk="Users wait longer for what still fails, and slow requests occupy more concurrency."
    ),
    belt=Belt(at_most=1, cooldown=timedelta(minutes=15)),
    undo=WayBack("The alias is pointed back to the version before, and the unpublished function gets the old value."),
    validated_by=SERVING,
    within=timedelta(minutes=10),
    source="rung.h119",
)

HIGHER_CEILING = Mitigation(
    name="raise_ceiling",
    title="Let the function serve twice as many requests at once",
    treats=THROTTLED,
    change=lambda c: RaiseCeiling(aws=c.env.aws, function=c.env.api.function, alias=c.env.api.alias),
    approval=Approval(
        by="API on-call",
        risk="What it may serve more, all other functions of the account may serve less; so may the database.",
    ),
    belt=Belt(at_most=1, cooldown=timedelta(minutes=15)),
    undo=WayBack("The ceiling gets its old value back."),
    validated_by=SERVING,
    within=timedelta(minutes=10),
    source="devised",
)

HELP_OTHERS = Manual(
    name="help_dependency",
    title="Look after what the function calls in vain",
    treats=OTHERS,
    why_manual="each has a runbook or a provider of its own, and more than one may fail at once.",
    steps=(
        errors.tells(
            lambda r: [
                f"{called}: {r.of(kind)} failed calls. Start the runbook `{name}`."
                for kind, (called, name) in DEPENDENCIES.items()
                if r.of(kind)
            ]
        ),
        "Look at the AWS Health Dashboard of the region, and at the status of what is not AWS's.",
        "Say that it is done when the calls succeed again; the API's errors are then looked at again.",
    ),
    validated_by=SERVING,
    waits=timedelta(hours=2),
    within=timedelta(minutes=10),
    source="rung.h120",
)

ROLL_BACK = Manual(
    name="roll_back_release",
    title="Go back to the version before",
    treats=BAD_RELEASE,
    why_manual="only those who released it know whether the version before still fits the database and its callers.",
    steps=(
        function.tells(
            lambda r: [
                f"{r.name}:{r.alias} is version {r.version}, published {r.published:%Y-%m-%d %H:%M} UTC; ask who"
                " released it whether the version before may take over."
            ]
        ),
        "Roll back with the deployment's own tool, or point the alias to the version before and tell them.",
        "Say that it is done; the API's errors are then looked at again.",
    ),
    validated_by=SERVING,
    within=timedelta(minutes=10),
    source="devised",
)

RUNBOOK = Runbook[Rung, Params](
    name="rung.high_error_rate",
    title="High error rate",
    about="The API answers with 5xx, users report failures, and the alarm on its error rate is on.",
    source="rung.high_error_rate rung.t078 rung.t082 rung.p083",
    version="1",
    severity=Severity.CRITICAL,
    environment="rung-prod",
    starts_on=("ApiHighErrorRate", "RungApiHighErrorRate", "rung-api-*error*"),
    symptom=FAILING,
    hypotheses=(NO_CONNECTIONS, NO_MEMORY, NO_TIME, WAITS, OTHERS, THROTTLED, BAD_RELEASE),
    mitigations=(
        ASK_CONNECTIONS,
        ASK_LATENCY,
        MORE_MEMORY,
        MORE_TIME,
        HIGHER_CEILING,
        HELP_OTHERS,
        ROLL_BACK,
    ),
    refuses=(
        Refusal(
            what="Showing the last 20 lines of a log.",
            why="They name patients, and the first page of a search may be empty while there are thousands: every page"
            " is read, errors are counted by kind, and their text is dropped.",
            source="rung.t093 rung.t100",
        ),
        Refusal(
            what="Optimizing code during the incident.",
            why="That is for its owners afterwards; the timeline tells them which requests ran out of time.",
            source="rung.h119",
        ),
    ),
    also_asks=(answers,),
    escalation=Rung.API,
)


@runbook_flow(RUNBOOK)
def rung_high_error_rate(params: Params = Params(), alert: Alert | None = None) -> State[Any]:  # noqa: B008 # frozen
    """Find out why requests fail and offer the safest fix."""
    return follow(RUNBOOK, Rung, params, alert)
