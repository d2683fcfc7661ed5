"""What `rung.high_error_rate` asks: its form, and the probes that API, function, database and logs answer."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field

from blocks.rung import Rung
from flows.forms import RequestsForm
from flows.rung import bedrock_calls_failing, s3_access_denied, users_cannot_log_in, workflow_not_triggering
from flows.signs import Overview, area, look_at_all, looks
from runbook import Context, probe
from tasks.awslambda.read import Concurrency, Function, read_concurrency, read_function
from tasks.cloudwatch.dimensions import of_api, of_database, of_function, of_model
from tasks.cloudwatch.read import Metrics, read_metrics
from tasks.logs.insights import Reports, read_reports
from tasks.logs.read import Events, Kind, read_events
from tasks.postgres.activity import Activity, read_activity
from tasks.postgres.read import Slots, read_slots
from tasks.selections import AliasOf

CALLED = {"bedrock": "Bedrock", "cognito": "Cognito", "n8n": "n8n", "s3": "S3"}
"""What the function calls: the kind of event, and how people call it."""

AREAS = {
    "bedrock": area(bedrock_calls_failing),
    "cognito": area(users_cannot_log_in),
    "n8n": area(workflow_not_triggering),
    "s3": area(s3_access_denied),
}
"""Whose runbook knows more about each."""

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


class Params(RequestsForm):
    environment: str = Field(default="rung-prod", min_length=1, description="Saved environment to work on.")
    most_memory: int = Field(
        default=3008, ge=128, le=10_240, description="Memory of the function (MB) that is not exceeded; it is doubled."
    )
    timeout: timedelta = Field(
        default=timedelta(seconds=25),
        ge=timedelta(seconds=1),
        description="Timeout of the function after the change; more than 29 s is of no use behind API Gateway.",
    )


Here = Context[Rung, Params]


def alias(c: Here) -> AliasOf:
    """The function as the API calls it."""
    return AliasOf(function=c.env.api.function, alias=c.env.api.alias)


@probe(
    read_metrics,
    asks="How many requests fail, and what do function, database and Bedrock count?",
    source="rung.c103 rung.p102 rung.t081 rung.t107 rung.t109",
    about=alias,
)
def metrics(c: Here) -> Metrics:
    api, function = of_api(c.env.api), of_function(c.env.api.function)
    database, model = of_database(c.env.db_instance), of_model(c.env.models.model)
    return read_metrics(
        c.env.aws,
        (
            api(name="requests", metric="Count", statistic="Sum"),
            api(name="failed", metric="5XXError", statistic="Sum", zero_beside="requests", chart="requests that fail"),
            api(name="refused", metric="4XXError", statistic="Sum", zero_beside="requests"),
            function(name="invocations", metric="Invocations", statistic="Sum"),
            function(name="errors", metric="Errors", statistic="Sum", zero_beside="invocations"),
            function(
                name="throttled",
                metric="Throttles",
                statistic="Sum",
                zero_beside="invocations",
                chart="invocations throttled",
            ),
            function(name="concurrency", metric="ConcurrentExecutions", statistic="Maximum"),
            database(name="database_connections", metric="DatabaseConnections", statistic="Maximum"),
            model(name="bedrock", metric="InvocationLatency", statistic="Average", unit="ms"),
        ),
        window=c.back(c.params.window),
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
    return read_events(c.env.aws, c.env.logs.function, pattern=pattern, window=c.back(c.params.window), kinds=KINDS)


@probe(
    *looks(tuple(AREAS.values())),
    asks="Is the symptom of the runbook there, for each of those that the function calls?",
    source="devised",
    timeout=timedelta(seconds=30),
)
def dependencies(c: Here) -> Overview:
    return look_at_all(tuple(AREAS.values()), c)


@probe(
    read_events,
    asks="With which status does API Gateway answer requests that fail?",
    source="rung.c096 rung.p095 rung.t098 rung.t099",
    timeout=timedelta(seconds=30),
)
def answers(c: Here) -> Events:
    kinds = tuple(Kind(name=status, pattern=rf'"status":\s*"?{status}\b') for status in ("500", "502", "503", "504"))
    return read_events(
        c.env.aws, c.env.logs.api, pattern="{ $.status >= 500 }", window=c.back(c.params.window), kinds=kinds
    )


@probe(
    read_reports,
    asks="How many requests ran out of memory or time?",
    source="devised",
    timeout=timedelta(seconds=15),
    about=alias,
)
def reports(c: Here) -> Reports:
    return read_reports(c.env.aws, c.env.logs.function, window=c.back(c.params.window))


@probe(read_slots, asks="How many connection slots are taken?", source="devised")
def slots(c: Here) -> Slots:
    return read_slots(c.env.database)


@probe(read_activity, asks="Do database queries run for long at this moment?", source="devised")
def activity(c: Here) -> Activity:
    return read_activity(c.env.database, slow_after=c.params.slow_after, over=c.params.watched_for)


@probe(
    read_function,
    asks="Which version of the function does the API call, and since when?",
    source="devised",
    about=alias,
)
def function(c: Here, of: AliasOf) -> Function:
    return read_function(c.env.aws, of.function, of.alias)


@probe(
    read_concurrency,
    asks="How many requests may the function serve at once?",
    source="devised",
    about=alias,
)
def concurrency(c: Here, of: AliasOf) -> Concurrency:
    return read_concurrency(c.env.aws, of.function, of.alias)
