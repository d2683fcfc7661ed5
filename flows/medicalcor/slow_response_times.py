"""The API answers late: one request in twenty takes longer than two seconds."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from prefect.client.schemas.objects import State

from blocks.medicalcor import MedicalCor
from blocks.medicalcor_parts import DEPENDENCIES, Dependency
from flows.follow import follow
from flows.incident import runbook_flow
from flows.medicalcor.probes._api import PAGES, breakers, memory
from flows.medicalcor.probes._causes import (
    AS_BUSY,
    BUSIER,
    FULL_HOUSE,
    OLD,
    ROOMY,
    SPARE,
    TIGHT,
    more_instances,
    send_back,
)
from flows.medicalcor.probes._cloudrun import load, starts, startup
from flows.medicalcor.probes._slow import latency, latency_of_revision, release, slow, spent_with
from flows.medicalcor.probes.slow_response_times import Params
from flows.medicalcor.slow_queries import RUNBOOK as SLOW_QUERIES
from flows.parts.awslambda.release import AskedRelease
from flows.parts.postgres import activity, statements
from flows.parts.providers import breaker
from runbook import Alert, HandOff, Hypothesis, Manual, Refusal, Runbook, Severity, Strength, Wait

LATE_MS = 2000
"""What the release is judged by, as `late_after` is unless somebody says otherwise (`medicalcor.t116`)."""
MANY, FEW = 1 / 3, 0.05

ACTIVITY = activity.AskedActivity[MedicalCor, Params](activity.activity())
STATEMENTS = statements.AskedStatements[MedicalCor, Params](
    statements.statements("medicalcor.c119 medicalcor.t119 medicalcor.h126")
)
RELEASE = AskedRelease(release, "that one request in twenty takes longer than 2 s", LATE_MS)

LATE = latency.shows(
    "one request in twenty to the API takes longer than is right (`late_after`)",
    lambda r: r.late(),
    gauge="the API (P95)",
)
REVISION_PROMPT = latency_of_revision.shows(
    "19 of 20 requests of the revision that answers most take at most half of what is late", lambda r: r.prompt()
)
INSIDE = slow.shows("the API logs slow requests of its own accord", lambda r: not r.none())
BEFORE = slow.shows("no request is slow as the API itself tells, once a container has it", lambda r: r.none())
IN_DATABASE = slow.shows(
    "at least a third of the slow requests spent their time in the database", lambda r: r.share("database") >= MANY
)
NOT_IN_DATABASE = slow.shows(
    "fewer than one slow request in twenty spent its time in the database", lambda r: r.share("database") < FEW
)
IN_GARBAGE = slow.shows(
    "at least a third of the slow requests spent their time collecting garbage", lambda r: r.share("garbage") >= MANY
)
NO_GARBAGE = slow.shows("no slow request spent its time collecting garbage", lambda r: r.none("garbage"))
IN_CODE = slow.shows(
    "at least a third of the slow requests spent their time in the API's own code",
    lambda r: r.share("own_work") >= MANY,
)
NOT_IN_CODE = slow.shows("no slow request spent its time in the API's own code", lambda r: r.none("own_work"))
STARTED = starts.shows("at least ten instances were started", lambda r: r.total >= 10)  # devised
NONE_STARTED = starts.shows("no instance was started", lambda r: r.none())
STARTS_SLOWLY = startup.shows("new instances take longer than 2 s to start", lambda r: r.highest() > LATE_MS)
STARTS_QUICKLY = startup.shows("new instances start within a second", lambda r: r.highest() < 1000)
NONE_KEPT = load.shows("no instance is always kept", lambda r: r.least == 0)

SLOW_DATABASE = Hypothesis(
    name="slow_database",
    claim="The API waits for its database, whose queries take long.",
    supported_by=(ACTIVITY.slow, IN_DATABASE, STATEMENTS.heavy),
    refuted_by=(ACTIVITY.quick, NOT_IN_DATABASE, BEFORE),
    strength=(
        (IN_DATABASE, Strength.DECISIVE),
        (NOT_IN_DATABASE, Strength.DECISIVE),
        (STATEMENTS.heavy, Strength.HINT),
        (BEFORE, Strength.DECISIVE),
    ),
    source="medicalcor.h126",
)

TRAFFIC = Hypothesis(
    name="traffic",
    claim="More requests come than all instances that there may be can work on.",
    supported_by=(FULL_HOUSE, BUSIER),
    refuted_by=(SPARE, AS_BUSY, INSIDE),
    strength=((SPARE, Strength.DECISIVE), (AS_BUSY, Strength.DECISIVE)),
    source="medicalcor.h128",
)

MEMORY_PRESSURE = Hypothesis(
    name="memory_pressure",
    claim="The API's memory is so full that its processes collect garbage all the time.",
    supported_by=(IN_GARBAGE, TIGHT),
    refuted_by=(NO_GARBAGE, ROOMY, BEFORE),
    strength=((NO_GARBAGE, Strength.DECISIVE), (ROOMY, Strength.DECISIVE), (BEFORE, Strength.DECISIVE)),
    source="medicalcor.h129",
)

COLD_STARTS = Hypothesis(
    name="cold_starts",
    claim="Requests wait for instances that are only starting, since none is kept while nobody asks.",
    supported_by=(STARTED, STARTS_SLOWLY, NONE_KEPT),
    refuted_by=(NONE_STARTED, STARTS_QUICKLY, INSIDE),
    strength=(
        (NONE_STARTED, Strength.DECISIVE),
        (STARTS_QUICKLY, Strength.DECISIVE),
        (NONE_KEPT, Strength.HINT),
    ),
    source="medicalcor.h130",
)

SLOW_RELEASE = Hypothesis(
    name="slow_release",
    claim="The code of the revision that answers now is slower than that of the one before.",
    supported_by=(RELEASE.began_it, IN_CODE),
    refuted_by=(RELEASE.innocent, OLD, REVISION_PROMPT, NOT_IN_CODE, BEFORE),
    strength=(
        (RELEASE.innocent, Strength.DECISIVE),
        (OLD, Strength.DECISIVE),
        (REVISION_PROMPT, Strength.DECISIVE),
        (NOT_IN_CODE, Strength.DECISIVE),
        (BEFORE, Strength.DECISIVE),
    ),
    source="devised",
)


def waiting(
    one: Dependency,
) -> tuple[Hypothesis[MedicalCor, Params], Wait[MedicalCor, Params], Manual[MedicalCor, Params]]:
    """That one of those is slow that the API calls; that this is waited for; and what a person does after that."""
    kind, calls = one.breaker, spent_with(one.breaker)
    many = slow.shows(
        f"at least a third of the slow requests spent their time with {one.name}", lambda r: r.share(calls) >= MANY
    )
    few = slow.shows(
        f"fewer than one slow request in twenty spent its time with {one.name}", lambda r: r.share(calls) < FEW
    )
    none = slow.shows(f"no slow request spent its time with {one.name}", lambda r: r.none(calls))
    tried, _ = breaker(breakers, kind, one.name)
    cause = Hypothesis(
        name=f"{kind}_slow",
        claim=f"{one.name} answers late, and so does the API where it needs that.",
        supported_by=(many, tried, PAGES[kind].troubled),
        refuted_by=(few, none),
        strength=((many, Strength.DECISIVE), (few, Strength.DECISIVE), (tried, Strength.HINT)),
        source="medicalcor.h127",
    )
    wait = Wait(
        name=f"wait_for_{kind}",
        title=f"Wait until {one.name} is quick again",
        treats=cause,
        until=none,
        within=timedelta(minutes=30),
        says=f"{one.name} is not ours, and most slow spells end within half an hour.",
        source="medicalcor.h127",
    )
    ask = Manual(
        name=f"ask_{kind}",
        title=f"Ask those who look after {one.name}",
        treats=cause,
        why_manual="the delay is theirs, and the page names no flag that would switch off what needs them.",
        steps=(
            slow.tells(lambda r: [f"{r.of(calls)} of {r.total} slow requests spent their time with {one.name}."]),
            f"Look at {one.status_page}, and open a case with {one.name} if it says nothing.",
            "If requests may go without it for a while, shorten the time that the application waits for it.",
            "Say that it is done when calls are quick again; the API's log is then looked at again.",
        ),
        validated_by=none,
        waits=timedelta(hours=4),
        within=timedelta(minutes=20),
        source="medicalcor.h127",
    )
    return cause, wait, ask


THEIRS = tuple(waiting(one) for one in DEPENDENCIES)

ASK_DATABASE = HandOff(
    name="ask_database",
    title="Find out why database queries are slow",
    treats=SLOW_DATABASE,
    to=SLOW_QUERIES,
    params=lambda c: c.params.model_dump(mode="json", include={"environment", "slow_after", "watched_for"}),
    source="medicalcor.h126",
)

MORE_INSTANCES = more_instances(
    TRAFFIC,
    "Find out who sends so much, and whether that is meant: whoever repeats in a loop is stopped, not served.",
    validated_by=SPARE,
    source="medicalcor.h128",
)

MORE_MEMORY = Manual(
    name="more_memory",
    title="Give the API more memory, and find out what takes it",
    treats=MEMORY_PRESSURE,
    why_manual="more memory makes a new revision, and the runbook medicalcor.memory_leak tells what takes it.",
    steps=(
        memory.tells(lambda r: [f"Seen: {r}."]),
        "As relief, give the service more memory, and note what it had.",
        "Follow medicalcor.memory_leak. A heap snapshot holds what patients wrote: encrypt it.",
        "Say that it is done; it is then looked whether the API still collects garbage.",
    ),
    validated_by=NO_GARBAGE,
    waits=timedelta(hours=2),
    within=timedelta(minutes=20),
    source="medicalcor.h129",
)

KEEP_INSTANCES = Manual(
    name="keep_instances",
    title="Keep an instance of the API at all times",
    treats=COLD_STARTS,
    why_manual="a kept instance costs money day and night, and who bears that decides.",
    steps=(
        starts.tells(lambda r: [f"{r.total} instances were started."]),
        load.tells(lambda r: [f"Seen: {r}."]),
        "Set the service's minimum of instances to one, and note that it was none, so that it can be taken back.",
        "What takes a new instance so long is worth its own task: a large image, or work at the start.",
        "Say that it is done; it is then looked whether instances are still started.",
    ),
    validated_by=NONE_STARTED,
    waits=timedelta(hours=1),
    within=timedelta(minutes=20),
    source="medicalcor.h130",
)

SEND_BACK = send_back(SLOW_RELEASE, validated_by=REVISION_PROMPT, source="devised")

RUNBOOK = Runbook[MedicalCor, Params](
    name="medicalcor.slow_response_times",
    title="Slow response times",
    about="The API answers late, users report that it is slow, and the alert on its response times fires.",
    source="medicalcor.slow_response_times medicalcor.t107 medicalcor.p105 medicalcor.p106",
    version="1",
    severity=Severity.ERROR,
    environment="medicalcor-prod",
    starts_on=("SlowResponses", "MedicalCorSlowResponses", "medicalcor-api-*latency*", "medicalcor-api-*slow*"),
    symptom=LATE,
    lingers=timedelta(minutes=15),
    hypotheses=(
        SLOW_DATABASE,
        *(cause for cause, _, _ in THEIRS),
        TRAFFIC,
        MEMORY_PRESSURE,
        COLD_STARTS,
        SLOW_RELEASE,
    ),
    mitigations=(
        ASK_DATABASE,
        *(wait for _, wait, _ in THEIRS),
        SEND_BACK,
        MORE_INSTANCES,
        MORE_MEMORY,
        KEEP_INSTANCES,
        *(ask for _, _, ask in THEIRS),
    ),
    refuses=(
        Refusal(
            what="Reading P95 and P99 off one page of /metrics.",
            why="It holds buckets of what one instance has counted since it began, and no percentile. Cloud Monitoring"
            " has one over all instances, of the minutes that matter.",
            source="medicalcor.c113",
        ),
        Refusal(
            what="Printing 20 slow requests of the last day.",
            why="Their addresses may name patients, and without a service and an end of time they may be anybody's, of"
            " yesterday. Slow requests of the API are counted by where their time went.",
            source="medicalcor.c116 medicalcor.t116b",
        ),
        Refusal(
            what="Printing the ten statements with the longest mean.",
            why="A mean hides how often a statement runs, and its text may name patients. The runbook asks whether one"
            " takes half of the time, and what runs for too long right now.",
            source="medicalcor.c119 medicalcor.t119",
        ),
    ),
    escalation=MedicalCor.ON_CALL,
    review_by=date(2027, 6, 1),
)


@runbook_flow(RUNBOOK)
def medicalcor_slow_response_times(params: Params = Params(), alert: Alert | None = None) -> State[Any]:  # noqa: B008 # frozen
    """Find out why the API answers late and offer the safest fix."""
    return follow(RUNBOOK, MedicalCor, params, alert)
