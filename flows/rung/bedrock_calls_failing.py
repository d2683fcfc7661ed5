"""Calls of Bedrock's models bring nothing: throttled, refused, failed in Bedrock, or never there."""

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
    Context,
    Form,
    Hypothesis,
    Manual,
    Permanent,
    Refusal,
    Runbook,
    Severity,
    Strength,
    probe,
)
from tasks.bedrock.calls import KINDS, PATTERN, RECENT, Calls, counted, wanted
from tasks.bedrock.read import Models, Quota, read_models, read_quota
from tasks.cloudwatch.read import read_metrics
from tasks.ec2.read import Endpoints, read_endpoints
from tasks.logs.read import Events, read_events

SERVICE = "bedrock-runtime"


class Params(Form):
    environment: str = Field(default="rung-prod", min_length=1, description="Saved environment to work on.")
    window: timedelta = Field(
        default=timedelta(hours=1),
        ge=timedelta(seconds=1),
        le=timedelta(hours=24),
        description="How far back to look for the highest rate of calls.",
    )
    period: timedelta = Field(
        default=timedelta(minutes=5),
        ge=timedelta(seconds=1),
        le=timedelta(hours=1),
        description="What one value of a metric stands for; the newest two are what counts as now.",
    )


Here = Context[Rung, Params]


def recent_events(c: Here) -> Events:
    window = c.back(c.params.period * RECENT)
    return read_events(c.env.aws, c.env.logs.function, pattern=PATTERN, window=window, kinds=KINDS)


@probe(
    read_metrics,
    read_events,
    asks="What becomes of the calls of the models?",
    source="rung.p251 rung.p252 rung.c261 rung.t264 rung.t266 rung.p260",
)
def calls(c: Here) -> Calls:
    models = (c.env.models.model, c.env.models.alternate)
    metrics = read_metrics(
        c.env.aws, wanted(models, c.env.api.function), window=c.params.window, period=c.params.period
    )
    if not metrics.has("requests"):
        raise Permanent(f"{c.env.api.function} was not seen at work, so that there are no calls says nothing.")
    return counted(metrics, recent_events(c), models)


@probe(read_events, asks="What does the caller log of the calls that fail?", source="rung.p252")
def log(c: Here) -> Events:
    return recent_events(c)


@probe(read_models, asks="Are the models there, and open to us?", source="rung.c258 rung.t258 rung.p257 rung.h281")
def models(c: Here) -> Models:
    return read_models(c.env.aws, c.env.models.model, c.env.models.alternate)


@probe(
    read_quota,
    asks="How many calls a minute may the account make?",
    source="rung.h279",
    timeout=timedelta(seconds=30),
)
def quota(c: Here) -> Quota:
    return read_quota(c.env.aws, c.env.models.model)


@probe(read_endpoints, asks="Is Bedrock reached inside the VPC?", source="rung.c270 rung.t271 rung.p269 rung.h280")
def endpoint(c: Here) -> Endpoints:
    return read_endpoints(c.env.aws, c.env.network.vpc, (SERVICE,))


LOSING = calls.shows(
    "at least 5% of the calls of the models bring nothing",
    lambda r: r.share_lost >= 0.05,
    gauge="calls that bring nothing",
)
FEW_LOST = calls.shows("fewer than 1% of the calls of the models bring nothing", lambda r: r.share_lost < 0.01)

MOST_THROTTLED = calls.shows("at least half of the lost calls were throttled", lambda r: r.part(r.throttled) >= 0.5)
NONE_THROTTLED = calls.shows("no call was throttled", lambda r: r.throttled == 0)
MOST_UNREACHED = calls.shows(
    "at least half of the lost calls never reached Bedrock", lambda r: r.part(r.unreached) >= 0.5
)
ALL_REACHED = calls.shows("every call reached Bedrock", lambda r: r.unreached == 0)
MOST_FAILED = calls.shows(
    "at least half of the lost calls failed inside Bedrock, or were answered too late",
    lambda r: r.part(r.failed + r.late) >= 0.5,
)
FEW_FAILED = calls.shows(
    "fewer than one lost call in ten failed inside Bedrock, or was answered too late",
    lambda r: r.part(r.failed + r.late) < 0.1,
)
NONE_REFUSED = calls.shows("Bedrock refused no call as wrong or not allowed", lambda r: r.refused == 0)

DENIED = log.shows(
    "most failures that the caller logs are calls that its role may not make (AccessDenied)",
    lambda r: not r.none("denied") and r.of("denied") * 2 >= sum(r.kinds.values()),
)
NONE_DENIED = log.shows("the caller logs no call that was not allowed", lambda r: r.none("denied"))
DENIED_ELSEWHERE = log.shows(
    "the caller logs that another policy than the role's own refuses calls: the endpoint's, or the organisation's",
    lambda r: not r.none("denied elsewhere"),
)
GONE_LOGGED = log.shows("the caller logs that the model is not there any more", lambda r: not r.none("gone"))

WAY_SHUT = endpoint.shows(
    "the VPC has no endpoint for Bedrock that can be used", lambda r: not r.endpoints[SERVICE].usable
)
WAY_OPEN = endpoint.shows("the VPC's endpoint for Bedrock can be used", lambda r: r.endpoints[SERVICE].usable)
MODEL_SHUT = models.shows(
    "the model that rung calls is not there, or not open to this account", lambda r: not r.used.callable
)
MODEL_OPEN = models.shows("the model that rung calls is there and open to this account", lambda r: r.used.callable)

THROTTLED = Hypothesis(
    name="throttled",
    claim="rung calls the model more often than the account's quota allows.",
    supported_by=(MOST_THROTTLED,),
    refuted_by=(NONE_THROTTLED, MOST_FAILED),
    strength=((MOST_THROTTLED, Strength.DECISIVE),),
    prior=0.4,
    source="rung.h279",
)

WAY_CLOSED = Hypothesis(
    name="way_closed",
    claim="Calls do not get out of the VPC, because its endpoint for Bedrock lets nobody in.",
    supported_by=(WAY_SHUT, MOST_UNREACHED),
    refuted_by=(WAY_OPEN, ALL_REACHED),
    source="rung.h280",
)

MODEL_GONE = Hypothesis(
    name="model_gone",
    claim="The model is retired, or the account has lost its access to it.",
    supported_by=(MODEL_SHUT, GONE_LOGGED),
    refuted_by=(MODEL_OPEN, NONE_REFUSED),
    strength=((MODEL_SHUT, Strength.DECISIVE),),
    source="rung.h281",
)

NOT_ALLOWED = Hypothesis(
    name="not_allowed",
    claim="The role that calls has lost the right to call models.",
    supported_by=(DENIED,),
    refuted_by=(NONE_DENIED, MODEL_SHUT, DENIED_ELSEWHERE),
    strength=((DENIED, Strength.DECISIVE), (DENIED_ELSEWHERE, Strength.DECISIVE)),
    prior=0.1,
    source="devised",
)

BEDROCK_UNWELL = Hypothesis(
    name="bedrock_unwell",
    claim="Bedrock itself is in trouble in this region, or with this model.",
    supported_by=(MOST_FAILED,),
    refuted_by=(FEW_FAILED,),
    source="devised",
)

LOOK_AGAIN = "Say that it is done; the calls are then looked at again."
CLINICAL = (
    "Another model gives other answers to clinical questions: the owner of the analysis must have reviewed it. No"
    " review, no switch."
)
SWITCH = models.tells(
    lambda r: [
        f"{r.used}.",
        f"The alternate model {r.alternate}."
        if r.alternate.callable
        else f"The alternate does not help: {r.alternate}. Choose another.",
    ]
)
DEPLOY = "If it is accepted, deploy the function with the alternate model (BEDROCK_MODEL_ID), as a new version."

ASK_QUOTA = Manual(
    name="raise_quota",
    title="Have the quota raised, and call less until then",
    treats=THROTTLED,
    why_manual="AWS decides on a quota, within hours or days, and wants to know what it is for.",
    steps=(
        calls.tells(lambda r: [f"At most {r.peak:.0f} calls a minute; {r.throttled:.0f} were throttled lately."]),
        quota.tells(
            lambda r: [
                f"The quota is {r.per_minute:.0f} a minute ({r.code}). In Service Quotas, Amazon Bedrock, ask for at"
                f" least {r.per_minute * 2:.0f}."
                if r.adjustable
                else f"The quota of {r.per_minute:.0f} a minute ({r.code}) cannot be raised; use an inference profile,"
                " which spreads the calls over several regions."
            ]
        ),
        "Meanwhile let the workflows run fewer analyses at once; retries without a pause make it worse.",
        LOOK_AGAIN,
    ),
    validated_by=FEW_LOST,
    waits=timedelta(hours=12),
    within=timedelta(minutes=20),
    source="rung.h279",
)

OPEN_WAY = Manual(
    name="open_way",
    title="Put the VPC's endpoint for Bedrock right",
    treats=WAY_CLOSED,
    why_manual="security groups belong to the infrastructure's code, which would set a change by hand back.",
    steps=(
        endpoint.tells(
            lambda r: [
                f"{str(one)[0].upper()}{str(one)[1:]}. {one.remedy}" for one in r.endpoints.values() if not one.usable
            ]
        ),
        "Look at its policy as well: it must allow bedrock:InvokeModel to the function's role.",
        LOOK_AGAIN,
    ),
    validated_by=FEW_LOST,
    within=timedelta(minutes=20),
    source="rung.h280",
)

SWITCH_MODEL = Manual(
    name="switch_model",
    title="Switch to the alternate model, or get access back",
    treats=MODEL_GONE,
    why_manual="another model gives other answers to clinical questions; that is for its owners to accept.",
    steps=(
        SWITCH,
        "If access was taken away, ask for it again in the Bedrock console, Model access; that may take minutes.",
        CLINICAL,
        DEPLOY,
        LOOK_AGAIN,
    ),
    validated_by=FEW_LOST,
    waits=timedelta(hours=4),
    within=timedelta(minutes=20),
    source="rung.h281",
)

ALLOW = Manual(
    name="allow_calls",
    title="Give the role its right to call models back",
    treats=NOT_ALLOWED,
    why_manual="rights belong to the infrastructure's code, and who took this one away may have had a reason.",
    steps=(
        "Find in CloudTrail who changed the policies of the function's execution role, and when.",
        "Have bedrock:InvokeModel allowed again, on the models that rung calls and no others.",
        LOOK_AGAIN,
    ),
    validated_by=FEW_LOST,
    within=timedelta(minutes=20),
    source="devised",
)

RIDE_OUT = Manual(
    name="ride_out",
    title="Open a case with AWS, and switch to the alternate model if it is well",
    treats=BEDROCK_UNWELL,
    why_manual="only AWS can heal Bedrock, and another model is for the owners of the analysis to accept.",
    steps=(
        "Look at the AWS Health Dashboard for Amazon Bedrock in this region, and open a case if it shows nothing.",
        calls.tells(lambda r: [f"{r.failed:.0f} calls failed inside Bedrock, {r.late} were answered too late."]),
        SWITCH,
        CLINICAL,
        DEPLOY,
        "Otherwise wait: the workflows may run again once Bedrock is well.",
        LOOK_AGAIN,
    ),
    validated_by=FEW_LOST,
    waits=timedelta(hours=4),
    within=timedelta(minutes=20),
    source="devised",
)

RUNBOOK = Runbook[Rung, Params](
    name="rung.bedrock_calls_failing",
    title="Bedrock calls failing",
    about="Agent analyses bring no results, and workflows log timeouts, because calls of Bedrock's models fail.",
    source="rung.bedrock_calls_failing rung.p251 rung.p252",
    version="1",
    severity=Severity.ERROR,
    environment="rung-prod",
    starts_on=("BedrockCallsFailing", "BedrockThrottled", "rung-bedrock-*"),
    symptom=LOSING,
    lingers=timedelta(minutes=20),
    hypotheses=(THROTTLED, WAY_CLOSED, MODEL_GONE, NOT_ALLOWED, BEDROCK_UNWELL),
    mitigations=(ASK_QUOTA, OPEN_WAY, SWITCH_MODEL, ALLOW, RIDE_OUT),
    refuses=(
        Refusal(
            what="Take an answer of `list-foundation-models` for a sign that Bedrock is healthy.",
            why="It is the catalogue, which answers while every call is throttled or refused. The lives of the two"
            " models that rung uses are looked at one by one, and health is told from what becomes of the calls.",
            source="rung.c258",
        ),
        Refusal(
            what="Call a model with one token as a canary.",
            why="It costs money, needs a right that the reading role should not have, and says less than the calls that"
            " rung makes anyway.",
            source="devised",
        ),
    ),
    escalation=Rung.API,
    review_by=date(2027, 6, 1),
)


@runbook_flow(RUNBOOK)
def rung_bedrock_calls_failing(params: Params = Params(), alert: Alert | None = None) -> State[Any]:  # noqa: B008 # frozen
    """Find out why calls of the models bring nothing and offer the safest fix."""
    return follow(RUNBOOK, Rung, params, alert)
