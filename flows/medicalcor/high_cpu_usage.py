"""The API's CPU is nearly used up: by more requests, by code, by one instance alone, or by collecting garbage."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from prefect.client.schemas.objects import State

from blocks.medicalcor import MedicalCor
from flows.follow import follow
from flows.incident import runbook_flow
from flows.medicalcor import memory_leak
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
from flows.medicalcor.probes.high_cpu_usage import NEARLY, Params, cpu, release, work
from flows.parts.awslambda.release import AskedRelease
from runbook import Alert, HandOff, Hypothesis, Manual, Refusal, Runbook, Severity, Strength

MORE, AS_MUCH = 1.5, 1.2
"""Times as much CPU for a request as before that is more, and up to which it is as much (devised: what is asked for
differs a little from hour to hour)."""

SETTLES = timedelta(minutes=30)
"""Within which it is seen that CPU is left again: that takes five minutes, which are three minutes late."""

RELEASE = AskedRelease(release, "that the busiest instance uses more than 90% of its CPU", NEARLY)

HOT = cpu.shows(
    "in each of the newest minutes an instance of the API uses nearly all of its CPU (`nearly`)",
    lambda r: r.hot(),
    gauge="CPU used",
)
COOL = cpu.shows("no instance uses 80% of its CPU in any of the newest minutes", lambda r: r.below(0.80))
ALONE = cpu.shows(
    "one instance uses nearly all of its CPU (`nearly`), and the others on average less than 70%",
    lambda r: r.hot() and r.others() < 0.70,
)
TOGETHER = cpu.shows("all others use on average at least 80% of their CPU", lambda r: r.others() >= 0.80)
COSTLIER = work.shows("a request takes half as much CPU again as before, or more", lambda r: r.times_as_much() >= MORE)
AS_COSTLY = work.shows("a request takes no more CPU than before", lambda r: r.times_as_much() < AS_MUCH)

BAD_RELEASE = Hypothesis(
    name="bad_release",
    claim="The code of the revision that answers now takes more CPU for the same requests than that of the one before.",
    supported_by=(RELEASE.began_it, COSTLIER),
    refuted_by=(RELEASE.innocent, OLD, AS_COSTLY),
    strength=(
        (RELEASE.innocent, Strength.DECISIVE),
        (OLD, Strength.DECISIVE),
        (AS_COSTLY, Strength.DECISIVE),
    ),
    prior=0.3,
    source="devised",
)

TRAFFIC = Hypothesis(
    name="traffic",
    claim="More requests come than all instances that there may be can work on.",
    supported_by=(FULL_HOUSE, BUSIER),
    refuted_by=(SPARE, AS_BUSY, ALONE),
    strength=((SPARE, Strength.DECISIVE), (AS_BUSY, Strength.DECISIVE), (ALONE, Strength.DECISIVE)),
    source="medicalcor.h619",
)

HOT_PATH = Hypothesis(
    name="hot_path",
    claim="The API's code takes more CPU than it did for the same requests, or works on something beside them; no"
    " release brought it.",
    supported_by=(COSTLIER, TOGETHER),
    refuted_by=(AS_COSTLY, ALONE, RELEASE.began_it, TIGHT),
    strength=(
        (COSTLIER, Strength.DECISIVE),
        (AS_COSTLY, Strength.DECISIVE),
        (ALONE, Strength.DECISIVE),
        (RELEASE.began_it, Strength.DECISIVE),
        (TIGHT, Strength.DECISIVE),
    ),
    source="medicalcor.h616 medicalcor.h617 medicalcor.h618",
)

LOOP = Hypothesis(
    name="loop",
    claim="One instance of the API works on something that does not end, and answers its requests late or never.",
    supported_by=(ALONE,),
    refuted_by=(TOGETHER, RELEASE.began_it),
    strength=((ALONE, Strength.DECISIVE), (TOGETHER, Strength.DECISIVE)),
    source="devised",
)

GARBAGE = Hypothesis(
    name="garbage",
    claim="The API's memory is nearly full, and collecting garbage takes its CPU.",
    supported_by=(TIGHT, COSTLIER),
    refuted_by=(ROOMY, AS_COSTLY),
    strength=(
        (TIGHT, Strength.DECISIVE),
        (COSTLIER, Strength.HINT),
        (ROOMY, Strength.DECISIVE),
        (AS_COSTLY, Strength.DECISIVE),
    ),
    source="devised",
)

SEND_BACK = send_back(BAD_RELEASE, validated_by=AS_COSTLY, within=SETTLES, source="devised")

FREE_MEMORY = HandOff(
    name="memory_leak",
    title="Find out what takes the API's memory",
    treats=GARBAGE,
    to=memory_leak.RUNBOOK,
    params=lambda c: {"environment": c.params.environment},
    source="devised",
)

MORE_INSTANCES = more_instances(
    TRAFFIC,
    "Find out who sends so much, and whether that is meant: whoever repeats in a loop is stopped, not served.",
    validated_by=SPARE,
    source="medicalcor.h619",
)

PROFILE = Manual(
    name="profile",
    title="Find the code that takes the CPU, and mend it",
    treats=HOT_PATH,
    why_manual="which code it is only a profile tells, and what it may do instead its owners.",
    steps=(
        work.tells(lambda r: [f"Seen: {r}."]),
        cpu.tells(lambda r: [f"Seen: {r}."]),
        "Open Cloud Profiler for the service, choose CPU time, and compare this hour with the same hour of yesterday:"
        " what became wider is it. Without Cloud Profiler deploy a revision with a tag and no traffic, send it the"
        " requests of one route after the other, and take its CPU profile.",
        "Look at what it is sent: a list that has grown, an expression that tries every way, the same thing worked out"
        " in each request. A profile names functions; leave what they were given alone, since patients wrote it.",
        "Have its owners bound what it works on, choose another way, or keep what is asked for again and again.",
        "Until that is deployed, more instances help only where they do not only wait for the database.",
        "Say that it is done; the CPU is then looked at again.",
    ),
    validated_by=COOL,
    waits=timedelta(hours=4),
    within=SETTLES,
    source="medicalcor.h616 medicalcor.h617 medicalcor.h618",
)

END_LOOP = Manual(
    name="end_loop",
    title="End the instance that does not stop working, and find out on what it works",
    treats=LOOP,
    why_manual="Cloud Run ends no single instance: a new revision begins all of them anew, and what was being worked on"
    " is lost.",
    steps=(
        cpu.tells(lambda r: [f"Seen: {r}."]),
        "Before that, look in the service's log for an instance (labels.instanceId) that has begun requests and ended"
        " none, and note the route and the minute. Read no bodies: patients wrote them.",
        "Deploy the same image once more as a new revision: all instances begin anew. The old ones have ten seconds.",
        "Have the owners of that route give its work an end: a limit of steps, and a time after which it gives up.",
        "Say that it is done; the CPU is then looked at again. Where an instance is busy alone once more, it is sent"
        " the same again.",
    ),
    validated_by=COOL,
    waits=timedelta(hours=2),
    within=SETTLES,
    source="devised",
)

RUNBOOK = Runbook[MedicalCor, Params](
    name="medicalcor.high_cpu_usage",
    title="High CPU usage",
    about="The API's CPU is used up, answers are late, and there are as many instances as there may be.",
    source="medicalcor.high_cpu_usage medicalcor.p603 medicalcor.p604 medicalcor.p605",
    version="1",
    severity=Severity.ERROR,
    environment="medicalcor-prod",
    starts_on=("HighCPUUsage", "MedicalCorHighCPU", "medicalcor-api-*cpu*"),
    symptom=HOT,
    lingers=timedelta(minutes=20),
    hypotheses=(BAD_RELEASE, TRAFFIC, HOT_PATH, LOOP, GARBAGE),
    mitigations=(FREE_MEMORY, SEND_BACK, MORE_INSTANCES, PROFILE, END_LOOP),
    refuses=(
        Refusal(
            what="Reading `process_cpu` off one page of /metrics.",
            why="It holds the seconds that one instance has used since it began: no rate, and nothing of the others."
            " Cloud Monitoring has what every instance used, minute by minute.",
            source="medicalcor.c611",
        ),
    ),
    escalation=MedicalCor.ON_CALL,
    review_by=date(2027, 6, 1),
)


@runbook_flow(RUNBOOK)
def medicalcor_high_cpu_usage(params: Params = Params(), alert: Alert | None = None) -> State[Any]:  # noqa: B008 # frozen
    """Find out what takes the API's CPU and offer the safest fix."""
    return follow(RUNBOOK, MedicalCor, params, alert)
