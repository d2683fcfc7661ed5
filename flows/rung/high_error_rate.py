"""The API fails: more than one request in twenty is answered with a 5xx."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from prefect.client.schemas.objects import State

from blocks.rung import Rung
from flows.follow import follow
from flows.incident import runbook_flow
from flows.rung.connection_exhaustion import RUNBOOK as CONNECTION_EXHAUSTION
from flows.rung.high_latency import RUNBOOK as HIGH_LATENCY
from flows.rung.probes.high_error_rate import (
    AREAS,
    CALLED,
    Params,
    activity,
    answers,
    concurrency,
    dependencies,
    errors,
    function,
    metrics,
    reports,
    slots,
)
from runbook import (
    Alert,
    Approval,
    Evidence,
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
)
from tasks.awslambda.capacity import RaiseCeiling
from tasks.awslambda.change import RaiseMemory, RaiseTimeout

FAILING = metrics.shows(
    "more than 5% of the API's requests fail (5XXError against Count)",
    lambda r: r.share("failed", among="requests") > 0.05,
)
SERVING = metrics.shows(
    "fewer than 1% of the API's requests fail (5XXError against Count)",
    lambda r: r.share("failed", among="requests") < 0.01,
)
SLOTS_TAKEN = slots.shows("at least 90% of the connection slots are taken", lambda r: r.share >= 0.90)
SLOTS_FREE = slots.shows("fewer than 70% of the connection slots are taken", lambda r: r.share < 0.70)
NO_SLOT = errors.shows(
    "at least a third of the errors are refused database connections", lambda r: r.share("connections") >= 1 / 3
)
OUT_OF_MEMORY = reports.shows(
    "at least one request in a hundred ran out of memory", lambda r: r.share(r.out_of_memory) >= 0.01
)
NOT_OUT = reports.shows("no request ran out of memory", lambda r: r.share(r.out_of_memory) == 0)
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
    lambda r: r.share(*CALLED) >= 1 / 3,
)
OTHERS_SERVE = errors.shows(
    "fewer than one error in twenty is a failed call of Bedrock, Cognito, n8n or S3",
    lambda r: r.share(*CALLED) < 0.05,
)
SIGNS: dict[str, Evidence[Rung, Params]] = {
    kind: dependencies.shows(here.runbook.symptom.sentence, lambda r, name=here.name: r.shows(name))
    for kind, here in AREAS.items()
}
TURNED_AWAY = metrics.shows(
    "at least 1% of the invocations are throttled (Throttles against Invocations)",
    lambda r: r.share("throttled", among="invocations") >= 0.01,
)
ALL_ADMITTED = metrics.shows("no invocation is throttled (Throttles is 0)", lambda r: r.latest("throttled") == 0)
NO_CEILING = concurrency.shows(
    "the function has no ceiling of its own (reserved concurrency)", lambda r: r.reserved is None
)
OWN_CODE = errors.shows(
    "at least a third of the errors are exceptions in the function's own code", lambda r: r.share("code") >= 1 / 3
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
    refuted_by=(MEMORY_SPARE, NOT_OUT),
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


def failing(kind: str, called: str) -> Hypothesis[Rung, Params]:
    """That one of those fails whose runbook would see it too: only then is the incident handed over."""
    here = AREAS[kind]
    fine = dependencies.shows(
        f"the symptom of {here.runbook.title.lower()} is not there", lambda r: not r.shows(here.name)
    )
    few = errors.shows(f"fewer than one error in twenty is a failed call of {called}", lambda r: r.share(kind) < 0.05)
    return Hypothesis(
        name=here.name,
        claim=f"Calls of {called} fail. {here.runbook.title}: {here.runbook.about}",
        supported_by=(SIGNS[kind],),
        refuted_by=(fine, few),
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
    guardrail=Guardrail(at_most=1, cooldown=timedelta(minutes=15)),
    undo=WayBack("The alias is pointed back to the version before, and the unpublished function gets the old value."),
    validated_by=NOT_OUT,
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
    guardrail=Guardrail(at_most=1, cooldown=timedelta(minutes=15)),
    undo=WayBack("The alias is pointed back to the version before, and the unpublished function gets the old value."),
    validated_by=IN_TIME,
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
    guardrail=Guardrail(at_most=1, cooldown=timedelta(minutes=15)),
    undo=WayBack("The ceiling gets its old value back."),
    validated_by=ALL_ADMITTED,
    within=timedelta(minutes=10),
    source="devised",
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
    lingers=timedelta(minutes=15),
    hypotheses=(NO_CONNECTIONS, NO_MEMORY, NO_TIME, WAITS, *FAILING_CALLS.values(), OTHERS, THROTTLED, BAD_RELEASE),
    mitigations=(
        ASK_CONNECTIONS,
        ASK_LATENCY,
        *ASK_CALLED,
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
    review_by=date(2027, 6, 1),
)


@runbook_flow(RUNBOOK)
def rung_high_error_rate(params: Params = Params(), alert: Alert | None = None) -> State[Any]:  # noqa: B008 # frozen
    """Find out why requests fail and offer the safest fix."""
    return follow(RUNBOOK, Rung, params, alert)
