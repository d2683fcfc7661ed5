"""The API fails: more than one request in twenty is answered with a 5xx."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from prefect.client.schemas.objects import State

from blocks.rung import Rung
from flows.follow import follow
from flows.incident import runbook_flow
from flows.parts.awslambda import function, serving
from flows.parts.awslambda.release import AskedRelease, release
from flows.parts.bedrock import AskedModel
from flows.parts.postgres import activity, sessions
from flows.rung.connection_exhaustion import RUNBOOK as CONNECTION_EXHAUSTION
from flows.rung.high_latency import RUNBOOK as HIGH_LATENCY
from flows.rung.probes.high_error_rate import (
    AREAS,
    CALLED,
    Params,
    alias,
    answers,
    dependencies,
    errors,
    failures,
    metrics,
)
from flows.signs import not_there, there
from runbook import (
    Alert,
    HandOff,
    Hypothesis,
    Manual,
    Refusal,
    Runbook,
    Severity,
    Strength,
)

TOO_MANY = 0.05

SLOTS = sessions.AskedSlots[Rung, Params](sessions.slots())
ACTIVITY = activity.AskedActivity[Rung, Params](activity.activity())
FUNCTION = function.AskedFunction(function.function(alias))
CONCURRENCY = function.AskedConcurrency(function.concurrency(alias))
REPORTS = function.AskedReports(function.reports(alias, lambda c: c.env.logs.function))
RELEASE = AskedRelease(release(alias, failures), "that more than 5% of the requests fail", TOO_MANY)
CALLS = function.AskedCalls(metrics)
MODEL = AskedModel(metrics)

FAILING = metrics.shows(
    "more than 5% of the API's requests fail (5XXError against Count)",
    lambda r: r.share("failed", among="requests") > TOO_MANY,
    gauge="requests that fail",
)
SERVING = metrics.shows(
    "fewer than 1% of the API's requests fail (5XXError against Count)",
    lambda r: r.share("failed", among="requests") < 0.01,
)
NO_SLOT = errors.shows(
    "at least a third of the errors are refused database connections", lambda r: r.share("connections") >= 1 / 3
)
# Slots may be full of others while every request that comes has its connection: then something else fails.
FEW_REFUSED = errors.shows(
    "fewer than one error in twenty is a refused database connection", lambda r: r.share("connections") < 0.05
)
OTHERS_FAIL = errors.shows(
    "at least a third of the errors are failed calls of Bedrock, Cognito, n8n or S3",
    lambda r: r.share(*CALLED) >= 1 / 3,
)
OTHERS_SERVE = errors.shows(
    "fewer than one error in twenty is a failed call of Bedrock, Cognito, n8n or S3",
    lambda r: r.share(*CALLED) < 0.05,
)
SIGNS = {kind: there(dependencies, here) for kind, here in AREAS.items()}
OWN_CODE = errors.shows(
    "at least a third of the errors are exceptions in the function's own code", lambda r: r.share("code") >= 1 / 3
)
NO_OWN_ERROR = errors.shows("the function logs no exception in its own code", lambda r: r.none("code"))
NO_CONNECTIONS = Hypothesis(
    name="no_connections",
    claim="The database refuses the function, because every connection slot is taken.",
    supported_by=(SLOTS.saturated, NO_SLOT),
    refuted_by=(SLOTS.free, FEW_REFUSED),
    strength=(
        (SLOTS.saturated, Strength.DECISIVE),
        (SLOTS.free, Strength.DECISIVE),
        (FEW_REFUSED, Strength.DECISIVE),
    ),
    source="rung.h117",
)

NO_MEMORY = serving.no_memory(REPORTS, "rung.h118")
NO_TIME = serving.no_time(REPORTS, "rung.h119", waits=(ACTIVITY.slow, MODEL.slow))

WAITS = Hypothesis(
    name="waits_for_others",
    claim="Requests run into the timeout, because the database or Bedrock keeps them waiting.",
    supported_by=(ACTIVITY.slow, MODEL.slow),
    refuted_by=(REPORTS.in_time,),
    strength=((REPORTS.in_time, Strength.DECISIVE),),
    source="devised",
)


def failing(kind: str, called: str) -> Hypothesis[Rung, Params]:
    """That one of those fails whose runbook would see it too: only then is the incident handed over."""
    here = AREAS[kind]
    few = errors.shows(f"fewer than one error in twenty is a failed call of {called}", lambda r: r.share(kind) < 0.05)
    return Hypothesis(
        name=here.name,
        claim=f"Calls of {called} fail. {here.runbook.title}: {here.runbook.about}",
        supported_by=(SIGNS[kind],),
        refuted_by=(not_there(dependencies, here), few),
        strength=((SIGNS[kind], Strength.DECISIVE), (few, Strength.DECISIVE)),
        source="rung.h120",
    )


FAILING_CALLS = {kind: failing(kind, called) for kind, called in CALLED.items()}

OTHERS = Hypothesis(
    name="dependency_fails",
    claim="Something that the function calls fails as no runbook knows: Bedrock, Cognito, n8n or S3.",
    supported_by=(OTHERS_FAIL,),
    refuted_by=(OTHERS_SERVE, *SIGNS.values()),
    strength=((OTHERS_FAIL, Strength.DECISIVE),),
    source="rung.h120",
)

THROTTLED = serving.throttled(CALLS, CONCURRENCY)

BAD_RELEASE = Hypothesis(
    name="bad_release",
    claim="A new version of the function has a fault.",
    supported_by=(RELEASE.began_it, FUNCTION.fresh, OWN_CODE),
    refuted_by=(FUNCTION.old, RELEASE.innocent, SLOTS.saturated, OTHERS_FAIL, CALLS.throttled, NO_OWN_ERROR),
    strength=(
        (FUNCTION.fresh, Strength.HINT),
        (OWN_CODE, Strength.HINT),
        (RELEASE.innocent, Strength.DECISIVE),
        (NO_OWN_ERROR, Strength.DECISIVE),
    ),
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

ASK_CALLED = tuple(
    HandOff(
        name=f"ask_{kind}",
        title=f"Hand over to {here.runbook.title.lower()}",
        treats=FAILING_CALLS[kind],
        to=here.runbook,
        params=here.params,
        source="rung.h120",
    )
    for kind, here in AREAS.items()
)

HELP_OTHERS = Manual(
    name="help_dependency",
    title="Look after what the function calls in vain",
    treats=OTHERS,
    why_manual="the runbooks do not see it: it is on the way there, or with the provider.",
    steps=(
        errors.tells(
            lambda r: [
                f"{called}: {r.of(kind)} failed calls, as the function's log tells."
                for kind, called in CALLED.items()
                if r.of(kind)
            ]
        ),
        "Look at the way there: what the function's security groups let out, and where its subnets' routes lead.",
        "Look at the AWS Health Dashboard of the region, and at the status of what is not AWS's.",
        "Say that it is done when the calls succeed again; the API's errors are then looked at again.",
    ),
    validated_by=SERVING,
    waits=timedelta(hours=2),
    within=timedelta(minutes=10),
    source="rung.h120",
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
    lingers=timedelta(minutes=15),
    hypotheses=(NO_CONNECTIONS, NO_MEMORY, NO_TIME, WAITS, *FAILING_CALLS.values(), OTHERS, THROTTLED, BAD_RELEASE),
    mitigations=(
        ASK_CONNECTIONS,
        ASK_LATENCY,
        *ASK_CALLED,
        serving.raise_memory(NO_MEMORY, REPORTS, alias, "rung.h118"),
        serving.raise_timeout(NO_TIME, REPORTS, alias, "rung.h119"),
        serving.raise_ceiling(THROTTLED, CALLS, alias),
        HELP_OTHERS,
        *serving.roll_back_release(
            BAD_RELEASE,
            FUNCTION,
            alias,
            failures,
            limit=TOO_MANY,
            validated_by=NO_OWN_ERROR,
            again="the API's errors are",
            within=timedelta(minutes=10),
        ),
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
    review_by=date(2027, 6, 1),
)


@runbook_flow(RUNBOOK)
def rung_high_error_rate(params: Params = Params(), alert: Alert | None = None) -> State[Any]:  # noqa: B008 # frozen
    """Find out why requests fail and offer the safest fix."""
    return follow(RUNBOOK, Rung, params, alert)
