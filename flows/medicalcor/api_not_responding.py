"""The API does not respond: of several requests that are sent at once none is answered with a success."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from prefect.client.schemas.objects import State

from blocks.medicalcor import MedicalCor
from flows.follow import follow
from flows.incident import runbook_flow
from flows.medicalcor.connection_pool_exhausted import RUNBOOK as CONNECTION_POOL
from flows.medicalcor.probes._api import release, requests
from flows.medicalcor.probes._causes import (
    ENDED,
    FULL_HOUSE,
    NOT_READY,
    OLD,
    READY,
    SERVES,
    help_database,
    help_memory,
    more_instances,
    no_memory,
    send_back,
)
from flows.medicalcor.probes._cloudrun import GOOGLE, containers, load, service, serving, turned_away
from flows.medicalcor.probes.api_not_responding import Params, answers
from flows.parts.awslambda.release import AskedRelease
from flows.parts.postgres import sessions
from runbook import Alert, HandOff, Hypothesis, Manual, Refusal, Runbook, Severity, Strength, Wait

SLOTS = sessions.AskedSlots[MedicalCor, Params](sessions.slots())
RELEASE = AskedRelease(release, "that more than half of the API's requests fail", 0.5)

SILENT = answers.shows(
    "of several requests to the API (`looks`), sent at once, none is answered with a success",
    lambda r: r.none_answered(),
    gauge="requests without an answer",
)
CUT_OFF = answers.shows(
    "every request is broken off, or answered by what stands before the API", lambda r: r.cut_off() == len(r.pages)
)
DENIED = answers.shows("every request is turned away (401, 403, 404)", lambda r: r.denied() == len(r.pages))
NOT_DENIED = answers.shows("no request is turned away (401, 403, 404)", lambda r: r.denied() == 0)
COULD_NOT = serving.shows(
    "the revision that has most of the traffic is not ready, so that it could not answer", lambda r: not r.is_ready()
)
COULD = serving.shows("the revision that has most of the traffic is ready", lambda r: r.is_ready())
EXITS = containers.shows("containers of the API ended at least three times", lambda r: r.of("exit") >= 3)  # devised
NO_EXIT = containers.shows("no container of the API ended", lambda r: r.none("exit"))
NO_SECRET = containers.shows("a secret that containers need is not there for them", lambda r: r.of("reference") > 0)
SECRETS_THERE = containers.shows("Cloud Run misses no secret", lambda r: r.none("reference"))
NOBODY_FREE = turned_away.shows(
    "at least three requests were aborted, because no instance was free",  # devised
    lambda r: r.of("nobody_free") >= 3,
)
NOT_ABORTED = turned_away.shows("no request was aborted for want of an instance", lambda r: r.none("nobody_free"))
NOT_LET_IN = turned_away.shows(
    "at least three requests were turned away, because Cloud Run wants to know who sent them",  # devised
    lambda r: r.of("not_let_in") >= 3,
)
ROOM = load.shows("there are at most half of the instances that there may be", lambda r: r.has_room())
CLOSED = service.shows("the service may not be called from outside (ingress)", lambda r: r.closed)
REACHED = requests.shows(
    "requests reach the API's service, whatever becomes of them", lambda r: r.fresh and sum(r.requests) > 0
)
NO_TROUBLE = GOOGLE.probe.shows("Google's status page tells of no trouble with Cloud Run", lambda r: not r.troubled)

NOT_SERVING = Hypothesis(
    name="revision_not_ready",
    claim="The traffic goes to a revision that cannot answer: its deployment failed, or its containers do not start.",
    supported_by=(COULD_NOT,),
    refuted_by=(COULD,),
    strength=((COULD_NOT, Strength.DECISIVE), (COULD, Strength.DECISIVE)),
    source="medicalcor.h160",
)

BAD_RELEASE = Hypothesis(
    name="crashing_release",
    claim="The containers of the revision that answers now end, and those of the one before did not.",
    supported_by=(EXITS, RELEASE.began_it),
    refuted_by=(NO_EXIT, RELEASE.innocent, OLD, SERVES, ENDED, NO_SECRET),
    strength=(
        (NO_EXIT, Strength.DECISIVE),
        (RELEASE.innocent, Strength.DECISIVE),
        (OLD, Strength.DECISIVE),
        (SERVES, Strength.DECISIVE),
    ),
    source="medicalcor.h159 medicalcor.h160",
)

CRASHES = Hypothesis(
    name="crash",
    claim="Containers of the API end again and again, whichever revision it is.",
    supported_by=(EXITS, OLD, RELEASE.innocent),
    refuted_by=(NO_EXIT, RELEASE.began_it, ENDED, NO_SECRET),
    strength=((NO_EXIT, Strength.DECISIVE),),
    source="medicalcor.h159",
)

NO_MEMORY = no_memory("medicalcor.h161")

NO_INSTANCE = Hypothesis(
    name="no_instance",
    claim="No instance of the API is free, and there may be no more of them.",
    supported_by=(NOBODY_FREE, FULL_HOUSE),
    refuted_by=(NOT_ABORTED, ROOM),
    strength=((NOBODY_FREE, Strength.DECISIVE), (NOT_ABORTED, Strength.DECISIVE), (ROOM, Strength.DECISIVE)),
    source="medicalcor.h161",
)

SECRET_MISSING = Hypothesis(
    name="secret_missing",
    claim="Containers of the API do not start, because a secret is not there, or not for them.",
    supported_by=(NO_SECRET,),
    refuted_by=(SECRETS_THERE,),
    strength=((NO_SECRET, Strength.DECISIVE), (SECRETS_THERE, Strength.DECISIVE)),
    source="medicalcor.h163",
)

NOT_OPEN = Hypothesis(
    name="not_open",
    claim="Cloud Run lets nobody in: the service is not open to everybody any more, or not from outside.",
    supported_by=(CLOSED, NOT_LET_IN, DENIED),
    refuted_by=(NOT_DENIED,),
    strength=((DENIED, Strength.HINT), (NOT_DENIED, Strength.DECISIVE)),
    source="devised",
)

NETWORK = Hypothesis(
    name="google_fails",
    claim="Google's own part of the way does not work: Cloud Run, or the network before it.",
    supported_by=(GOOGLE.troubled, CUT_OFF),
    refuted_by=(GOOGLE.green, REACHED, READY, EXITS),
    strength=((GOOGLE.green, Strength.HINT), (REACHED, Strength.DECISIVE)),
    source="medicalcor.h162",
)

NO_CONNECTIONS = Hypothesis(
    name="no_connections",
    claim="The API answers that it is not ready, because every connection slot of its database is taken.",
    supported_by=(SLOTS.saturated,),
    refuted_by=(SLOTS.free, READY),
    strength=(
        (SLOTS.saturated, Strength.DECISIVE),
        (SLOTS.free, Strength.DECISIVE),
        (READY, Strength.DECISIVE),
    ),
    source="devised",
)

DATABASE_DOWN = Hypothesis(
    name="database_down",
    claim="The API answers that it is not ready: its database does not let it work, and has slots.",
    supported_by=(NOT_READY,),
    refuted_by=(READY, SLOTS.saturated),
    strength=(
        (NOT_READY, Strength.DECISIVE),
        (READY, Strength.DECISIVE),
        (SLOTS.saturated, Strength.DECISIVE),
    ),
    source="devised",
)

ASK_CONNECTIONS = HandOff(
    name="ask_connections",
    title="Find out who takes the connection slots",
    treats=NO_CONNECTIONS,
    to=CONNECTION_POOL,
    params=lambda c: c.params.model_dump(mode="json", include={"environment"}),
    source="devised",
)

WAIT_FOR_GOOGLE = Wait(
    name="wait_for_google",
    title="Wait until Google has mended it",
    treats=NETWORK,
    until=NO_TROUBLE,
    within=timedelta(hours=2),
    says="nothing of ours is on that part of the way, and a move to another region takes longer than most outages.",
    source="medicalcor.h162",
)

SEND_BACK = send_back(NOT_SERVING, validated_by=COULD, source="medicalcor.h160")
LEAVE_CRASHING = send_back(BAD_RELEASE, validated_by=SERVES, source="medicalcor.h159", name="leave_crashing_revision")

MEND_CRASH = Manual(
    name="mend_crash",
    title="Mend what ends the API's containers",
    treats=CRASHES,
    why_manual="the revision before ends as well, or did not run lately: only the owners of the code can mend it.",
    steps=(
        containers.tells(lambda r: [f"Containers ended {r.of('exit')} times."]),
        "Read the last lines that a container wrote before it ended. They may name patients: copy none of them.",
        "Look at what every revision reads when it starts: its variables, its secrets, its migrations, its database.",
        "Mend it, and deploy. Say that it is done; it is then looked whether containers still end.",
    ),
    validated_by=NO_EXIT,
    waits=timedelta(hours=2),
    within=timedelta(minutes=20),
    source="medicalcor.h159",
)

MORE_INSTANCES = more_instances(
    NO_INSTANCE,
    "Look what fills the instances: requests that do not end fill more of them as well.",
    validated_by=NOT_ABORTED,
    source="medicalcor.h161",
)

PUT_SECRET_RIGHT = Manual(
    name="put_secret_right",
    title="Put the reference to the secret right",
    treats=SECRET_MISSING,
    why_manual="what a secret holds is for its owner, and who may read it is for whoever answers for that.",
    steps=(
        containers.tells(lambda r: [f"Cloud Run said {r.of('reference')} times that a secret is missing."]),
        "See in the service's log which secret and which version it is; no look reads what a secret holds.",
        "If the version was disabled or destroyed, enable it or add one; if the right to read it is gone, give the"
        " service's account the role Secret Manager Secret Accessor on that secret alone.",
        "Deploy the same image again, so that containers start anew.",
        "Say that it is done; Cloud Run's log is then looked at again.",
    ),
    validated_by=SECRETS_THERE,
    waits=timedelta(hours=1),
    within=timedelta(minutes=20),
    source="medicalcor.h163",
)

OPEN_AGAIN = Manual(
    name="open_again",
    title="Open the service to its callers again",
    treats=NOT_OPEN,
    why_manual="who may call the API decides who reaches patients' data: that is for whoever answers for it.",
    steps=(
        service.tells(lambda r: [f"Requests may come from: {r.ingress or 'it does not say'}."]),
        turned_away.tells(lambda r: [f"{r.of('not_let_in')} requests were turned away as nobody's."]),
        "Find out who closed it and why, before anything is opened: it may have been meant.",
        "Where it was a mistake, put the ingress or the right to call it (Cloud Run Invoker) back as it was.",
        "Say that it is done; the API is then asked again.",
    ),
    validated_by=NOT_DENIED,
    waits=timedelta(hours=1),
    within=timedelta(minutes=10),
    source="devised",
)

RUNBOOK = Runbook[MedicalCor, Params](
    name="medicalcor.api_not_responding",
    title="API not responding",
    about="The API's health check fails, connections time out, and the alert that it is down fires.",
    source="medicalcor.api_not_responding medicalcor.t140 medicalcor.p138 medicalcor.p139",
    version="1",
    severity=Severity.CRITICAL,
    environment="medicalcor-prod",
    starts_on=("ServiceDown", "MedicalCorServiceDown", "medicalcor-api-*down*", "medicalcor-api-*uptime*"),
    symptom=SILENT,
    lingers=timedelta(minutes=5),
    hypotheses=(
        NOT_SERVING,
        BAD_RELEASE,
        CRASHES,
        NO_MEMORY,
        NO_INSTANCE,
        SECRET_MISSING,
        NOT_OPEN,
        NETWORK,
        NO_CONNECTIONS,
        DATABASE_DOWN,
    ),
    mitigations=(
        ASK_CONNECTIONS,
        WAIT_FOR_GOOGLE,
        SEND_BACK,
        LEAVE_CRASHING,
        MEND_CRASH,
        help_memory(NO_MEMORY, "medicalcor.h161"),
        MORE_INSTANCES,
        PUT_SECRET_RIGHT,
        OPEN_AGAIN,
        help_database(DATABASE_DOWN, SLOTS.probe.tells(lambda r: [f"Seen: {r}."]), source="devised"),
    ),
    refuses=(
        Refusal(
            what="Printing the newest 50 entries of every service of the project.",
            why="They name patients, and none of them need be of the API. Entries of the API's own service are counted"
            " by kind, and no text leaves the reader.",
            source="medicalcor.c152 medicalcor.t152",
        ),
        Refusal(
            what="Listing the newest five revisions as the recent events.",
            why="A list of revisions has no events, and gcloud stops when no region is named. The runbook asks whether"
            " the revision could answer that has the traffic, and what Cloud Run says of its containers.",
            source="medicalcor.c149 medicalcor.t149",
        ),
    ),
    escalation=MedicalCor.ON_CALL,
    review_by=date(2027, 6, 1),
)


@runbook_flow(RUNBOOK)
def medicalcor_api_not_responding(params: Params = Params(), alert: Alert | None = None) -> State[Any]:  # noqa: B008 # frozen
    """Find out why the API does not respond and offer the safest fix."""
    return follow(RUNBOOK, MedicalCor, params, alert)
