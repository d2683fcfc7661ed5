"""What `rung.high_error_rate` asks: its form, and the probes that API, function, database and logs answer."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field

from blocks.rung import Rung
from flows.forms import Period, WindowForm
from flows.parts.awslambda.function import calls_of
from flows.parts.awslambda.serving import SettingsForm
from flows.parts.bedrock import latency_of
from flows.parts.postgres.activity import ActivityForm
from flows.rung import bedrock_calls_failing, s3_access_denied, users_cannot_log_in, workflow_not_triggering
from flows.signs import Overview, area, look_at_all, looks
from runbook import Context, probe
from tasks.cloudwatch.dimensions import of_api, of_database
from tasks.cloudwatch.read import Metric, Metrics, read_metrics
from tasks.logs.read import Events, Kind, read_events
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


class Params(SettingsForm, ActivityForm, WindowForm):
    environment: str = Field(default="rung-prod", min_length=1, description="Saved environment to work on.")
    period: Period = timedelta(minutes=1)


Here = Context[Rung, Params]


def alias(c: Here) -> AliasOf:
    """The function as the API calls it."""
    return AliasOf(function=c.env.api.function, alias=c.env.api.alias)


def failures(c: Here) -> tuple[Metric, Metric]:
    """The requests that fail, and all of them."""
    api = of_api(c.env.api)
    return (
        api(name="failed", metric="5XXError", statistic="Sum", zero_beside="requests", chart="requests that fail"),
        api(name="requests", metric="Count", statistic="Sum"),
    )


@probe(
    read_metrics,
    asks="How many requests fail, and what do function, database and Bedrock count?",
    source="rung.c103 rung.p102 rung.t081 rung.t107 rung.t109",
    about=alias,
)
def metrics(c: Here) -> Metrics:
    api, database = of_api(c.env.api), of_database(c.env.db_instance)
    return read_metrics(
        c.env.aws,
        (
            *failures(c),
            api(name="refused", metric="4XXError", statistic="Sum", zero_beside="requests"),
            *calls_of(c.env.api.function),
            database(name="database_connections", metric="DatabaseConnections", statistic="Maximum"),
            latency_of(c.env.models.model),
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
