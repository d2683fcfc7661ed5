"""The API's memory runs out: it grows by itself since a release or ever, more requests come, or its limit is low."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from prefect.client.schemas.objects import State

from blocks.medicalcor import MedicalCor
from flows.follow import follow
from flows.incident import runbook_flow
from flows.medicalcor import connection_pool_exhausted
from flows.medicalcor.probes._api import memory
from flows.medicalcor.probes._causes import OLD, send_back
from flows.medicalcor.probes.memory_leak import Params, course, shortage, since_release
from flows.parts.postgres import sessions
from runbook import Alert, HandOff, Hypothesis, Manual, Refusal, Runbook, Severity, Strength

MORE, AS_MANY = 1.5, 1.2
"""Times as many requests as before that are more, and up to which they are as many (devised: ordinary ups and downs of
an hour lie below)."""

SETTLES = timedelta(minutes=30)
"""Within which it is seen that memory stands level: that takes eight minutes, which are three minutes late."""

SESSIONS = sessions.AskedSessions[MedicalCor, Params](sessions.sessions())

SHORT = shortage.shows(
    "the API's memory is nearly used up (`nearly`) or will be `soon`, or processes were ended for want of it",
    lambda r: r.is_there(),
    gauge="memory used",
)
ALONE = course.shows("memory grows, and requests do not become more and more", lambda r: r.grows_alone())
ALONG = course.shows("memory grows while requests become more and more", lambda r: r.grows_along())
AGAIN = course.shows(
    "within minutes memory fills up again and again from what a process uses at its beginning",
    lambda r: r.fills_again_and_again(),
)
LEVEL = course.shows("memory neither grows nor comes and goes", lambda r: r.is_level())
LEVEL_HIGH = course.shows(
    "memory is nearly used up (`nearly`), and neither grows nor comes and goes",
    lambda r: r.nearly_full() and r.is_level(),
)
BUSIER = course.shows("half as many requests again come as before, or more", lambda r: r.more_requests() >= MORE)
AS_EVER = course.shows("no more requests come than before", lambda r: r.more_requests() < AS_MANY)
ROOM = memory.shows("now less than 80% of the API's memory is used", lambda r: r.latest() < 0.80)
BEGAN = since_release.shows(
    "memory was level before the revision was made that answers now, and grows since", lambda r: r.began_it()
)
INNOCENT = since_release.shows(
    "memory grew before the revision was made that answers now, or does not grow since", lambda r: r.is_innocent()
)

BAD_RELEASE = Hypothesis(
    name="bad_release",
    claim="The revision that answers now keeps memory that the one before let go.",
    supported_by=(BEGAN, ALONE),
    refuted_by=(INNOCENT, LEVEL, OLD),
    strength=((ALONE, Strength.HINT), (INNOCENT, Strength.DECISIVE), (LEVEL, Strength.DECISIVE)),
    prior=0.3,
    source="devised",
)

LEAK = Hypothesis(
    name="leak",
    claim="The API keeps memory that it should let go, such as a cache without an end, and has done so for long.",
    supported_by=(ALONE, AGAIN),
    refuted_by=(LEVEL, ALONG, BEGAN, SESSIONS.idle),
    strength=(
        (ALONE, Strength.DECISIVE),
        (LEVEL, Strength.DECISIVE),
        (ALONG, Strength.DECISIVE),
        (SESSIONS.idle, Strength.DECISIVE),
    ),
    source="medicalcor.h592 medicalcor.h593",
)

LEFT_OPEN = Hypothesis(
    name="left_open",
    claim="The application opens connections to its database and never closes them; each takes memory.",
    supported_by=(SESSIONS.idle,),
    refuted_by=(SESSIONS.few_idle, LEVEL),
    strength=((SESSIONS.idle, Strength.DECISIVE), (SESSIONS.few_idle, Strength.DECISIVE)),
    source="medicalcor.h593",
)

MORE_TRAFFIC = Hypothesis(
    name="more_traffic",
    claim="More requests come, and each takes memory while it is worked on.",
    supported_by=(BUSIER, ALONG),
    refuted_by=(AS_EVER, ALONE),
    strength=((BUSIER, Strength.DECISIVE), (AS_EVER, Strength.DECISIVE), (ALONE, Strength.DECISIVE)),
    source="devised",
)

TOO_SMALL = Hypothesis(
    name="too_small",
    claim="What the API needs for its usual work is nearly all that it may use.",
    supported_by=(LEVEL_HIGH,),
    refuted_by=(BUSIER, ALONE, AGAIN),
    strength=((LEVEL_HIGH, Strength.DECISIVE), (BUSIER, Strength.DECISIVE), (ALONE, Strength.DECISIVE)),
    source="medicalcor.h594",
)

SEND_BACK = send_back(BAD_RELEASE, validated_by=LEVEL, within=SETTLES, source="medicalcor.c698")

FIND_LEAK = Manual(
    name="find_leak",
    title="Find what keeps the memory, and mend it",
    treats=LEAK,
    why_manual="a heap snapshot alone tells a cache without an end from anything else, and it holds what patients"
    " wrote.",
    steps=(
        course.tells(lambda r: [f"Seen: {r}."]),
        "As relief, deploy the service with more memory: a new revision begins with empty processes. It fills as well.",
        "Take one instance out of the traffic, by a revision with a tag and no traffic, and a heap snapshot of that:"
        " it stands still meanwhile, and needs as much memory again. Encrypt the file, and delete it afterwards.",
        "Take a second one later: what has grown between the two is what nobody lets go. Mend that, and deploy.",
        "Say that it is done; memory is then looked at for a quarter of an hour.",
    ),
    validated_by=LEVEL,
    waits=timedelta(hours=4),
    within=SETTLES,
    source="medicalcor.h592 medicalcor.h594 medicalcor.h595",
)

CLOSE = HandOff(
    name="connection_pool_exhausted",
    title="See who holds the connections",
    treats=LEFT_OPEN,
    to=connection_pool_exhausted.RUNBOOK,
    params=lambda c: {"environment": c.params.environment},
    source="medicalcor.h593",
)

SPREAD = Manual(
    name="spread_requests",
    title="Let more instances share the requests",
    treats=MORE_TRAFFIC,
    why_manual="each instance opens a pool of connections of its own, and more instances cost money.",
    steps=(
        course.tells(lambda r: [f"Seen: {r}; {r.more_requests():.1f} times as many requests as before."]),
        "See whether the requests are wanted: a client that repeats what fails is not to be served by more instances.",
        "Work out that instances times the size of their pool stay below max_connections of the database.",
        "Raise the highest number of instances of the service, or lower how many requests one works on at once.",
        "Say that it is done; memory is then looked at again.",
    ),
    validated_by=ROOM,
    waits=timedelta(hours=2),
    within=SETTLES,
    source="devised",
)

ENLARGE = Manual(
    name="raise_memory",
    title="Give the service more memory",
    treats=TOO_SMALL,
    why_manual="it costs money as long as it is so, and makes a new revision that restarts every process.",
    steps=(
        course.tells(lambda r: [f"Seen: {r}."]),
        since_release.tells(lambda r: [f"The revision that answers: {r.release}."]),
        "Where a deployment brought it, ask its owner whether it needs so much, or lowered the limit by mistake.",
        "Deploy the service with more memory: a fourth more leaves it at three quarters. 4 GiB and more need 2 CPUs.",
        "Say that it is done; memory is then looked at again.",
    ),
    validated_by=ROOM,
    waits=timedelta(hours=2),
    within=SETTLES,
    source="medicalcor.h594",
)

RUNBOOK = Runbook[MedicalCor, Params](
    name="medicalcor.memory_leak",
    title="Memory leak",
    about="The API's memory grows, processes are ended for want of it, and requests become slow or are lost.",
    source="medicalcor.memory_leak medicalcor.p576 medicalcor.p577 medicalcor.p578",
    version="1",
    severity=Severity.ERROR,
    environment="medicalcor-prod",
    starts_on=("MedicalCorMemoryLeak", "medicalcor-api-*memory*"),
    symptom=SHORT,
    lingers=timedelta(minutes=20),
    hypotheses=(BAD_RELEASE, LEAK, LEFT_OPEN, MORE_TRAFFIC, TOO_SMALL),
    mitigations=(SEND_BACK, CLOSE, FIND_LEAK, SPREAD, ENLARGE),
    refuses=(
        Refusal(
            what="Reading memory off `status.containerStatuses` of a revision.",
            why="It holds digests of images and nothing of memory, and without a region the command stops. Cloud"
            " Monitoring has what every instance used, minute by minute.",
            source="medicalcor.c584",
        ),
        Refusal(
            what="Searching the log for OOM.",
            why="Cloud Run says `Memory limit of … MiB exceeded`, so a process that was ended is missed; and without a"
            " service the log of every other one is searched.",
            source="medicalcor.c587",
        ),
    ),
    escalation=MedicalCor.ON_CALL,
    review_by=date(2027, 6, 1),
)


@runbook_flow(RUNBOOK)
def medicalcor_memory_leak(params: Params = Params(), alert: Alert | None = None) -> State[Any]:  # noqa: B008 # frozen
    """Find out what takes the API's memory and offer the safest fix."""
    return follow(RUNBOOK, MedicalCor, params, alert)
