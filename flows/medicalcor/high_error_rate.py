"""The API fails: more than one request in twenty is answered with a 5xx (devised: the page names no number)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from prefect.client.schemas.objects import State

from blocks.medicalcor import MedicalCor
from blocks.medicalcor_parts import DEPENDENCIES, Dependency
from flows.follow import follow
from flows.incident import runbook_flow
from flows.medicalcor.probes._api import (
    PAGES,
    breakers,
    calls_of,
    errors,
    rates,
    release,
    requests,
)
from flows.medicalcor.probes._causes import (
    NOT_READY,
    OLD,
    READY,
    SERVES,
    help_database,
    help_memory,
    no_memory,
    send_back,
)
from flows.medicalcor.probes.high_error_rate import Params
from flows.parts.awslambda.release import AskedRelease
from flows.parts.postgres import sessions
from flows.parts.providers import breaker
from runbook import Alert, Hypothesis, Manual, Refusal, Runbook, Severity, Strength

TOO_MANY = 0.05

SLOTS = sessions.AskedSlots[MedicalCor, Params](sessions.slots())
RELEASE = AskedRelease(release, "that more than 5% of the API's requests fail", TOO_MANY)

FAILING = requests.shows(
    "more than 5% of the requests that reach the API are answered with a 5xx",
    lambda r: r.share() > TOO_MANY,
    gauge="requests that fail",
)
OWN_CODE = errors.shows(
    "at least a third of the errors are exceptions in the API's own code", lambda r: r.share("code") >= 1 / 3
)
NO_OWN_ERROR = errors.shows("the API logs no exception in its own code", lambda r: r.none("code"))
DATABASE_FAILS = errors.shows(
    "at least a third of the errors are of the database", lambda r: r.share("database") >= 1 / 3
)
DATABASE_WORKS = errors.shows(
    "fewer than one error in twenty is of the database", lambda r: r.share("database") < TOO_MANY
)
BAD_RELEASE = Hypothesis(
    name="bad_release",
    claim="The revision that answers now has a fault.",
    supported_by=(RELEASE.began_it, OWN_CODE),
    refuted_by=(RELEASE.innocent, OLD, NO_OWN_ERROR, SERVES),
    strength=(
        (RELEASE.innocent, Strength.DECISIVE),
        (OLD, Strength.DECISIVE),
        (NO_OWN_ERROR, Strength.DECISIVE),
        (SERVES, Strength.DECISIVE),
    ),
    prior=0.3,
    source="medicalcor.h093 medicalcor.h032",
)

DATABASE_DOWN = Hypothesis(
    name="database_down",
    claim="The database does not let the API work.",
    supported_by=(NOT_READY, DATABASE_FAILS, SLOTS.saturated),
    refuted_by=(READY, DATABASE_WORKS),
    strength=((DATABASE_FAILS, Strength.DECISIVE), (DATABASE_WORKS, Strength.DECISIVE)),
    source="medicalcor.h094",
)

NO_MEMORY = no_memory("medicalcor.h096")

EXCEPTION = Hypothesis(
    name="exception",
    claim="The API's own code throws, and has done so since before the revision that answers now, or began long after.",
    supported_by=(OWN_CODE, RELEASE.innocent, OLD),
    refuted_by=(RELEASE.began_it, NO_OWN_ERROR),
    strength=((NO_OWN_ERROR, Strength.DECISIVE),),
    source="medicalcor.h097",
)


def failing(one: Dependency) -> tuple[Hypothesis[MedicalCor, Params], Manual[MedicalCor, Params]]:
    """That calls of one of those fail that the API calls, and that this is waited for."""
    kind, calls = one.breaker, calls_of(one.breaker)
    many = errors.shows(
        f"at least a third of the errors are failed calls of {one.name}", lambda r: r.share(calls) >= 1 / 3
    )
    few = errors.shows(
        f"fewer than one error in twenty is a failed call of {one.name}", lambda r: r.share(calls) < TOO_MANY
    )
    none = errors.shows(f"the API logs no failed call of {one.name}", lambda r: r.none(calls))
    opened, closed = breaker(breakers, kind, one.name)
    cause = Hypothesis(
        name=f"{kind}_fails",
        claim=f"{one.name} fails, and so do the requests that need it.",
        supported_by=(many, opened, PAGES[kind].troubled),
        refuted_by=(few, none, closed),
        strength=((many, Strength.DECISIVE), (few, Strength.DECISIVE), (closed, Strength.HINT)),
        source="medicalcor.h095",
    )
    wait = Manual(
        name=f"wait_for_{kind}",
        title=f"Wait for {one.name}, or switch off what needs it",
        treats=cause,
        why_manual="the fault is theirs, and the page names no flag that would switch off what needs them.",
        steps=(
            errors.tells(lambda r: [f"{r.of(calls)} of {r.total} errors are failed calls of {one.name}."]),
            f"Look at {one.status_page}, and tell those who look after {one.name} if it says nothing.",
            "A breaker that is reset while they fail makes it worse: it closes by itself once calls succeed.",
            "Where the application has a flag for what needs them, switch that off, and on again afterwards.",
            "Say that it is done when calls succeed again; the API's errors are then looked at again.",
        ),
        validated_by=none,
        waits=timedelta(hours=4),
        within=timedelta(minutes=20),
        source="medicalcor.h095",
    )
    return cause, wait


THEIRS = tuple(failing(one) for one in DEPENDENCIES if one.breaker != "openai")
"""Without OpenAI: where that fails leads are scored by rules, and no request fails (`medicalcor.h377`)."""

SEND_BACK = send_back(BAD_RELEASE, validated_by=SERVES, source="medicalcor.h093 medicalcor.c698")

HELP_DATABASE = help_database(
    DATABASE_DOWN,
    errors.tells(lambda r: [f"{r.of('database')} of {r.total} errors are of the database."]),
    SLOTS.probe.tells(lambda r: [f"Seen: {r}."]),
    source="medicalcor.h094",
)

HELP_MEMORY = help_memory(NO_MEMORY, "medicalcor.h096")

MEND = Manual(
    name="mend_exception",
    title="Mend what throws in the API's own code",
    treats=EXCEPTION,
    why_manual="the revision before throws as well or did not run lately: only its owners can mend it.",
    steps=(
        errors.tells(lambda r: [f"{r.of('code')} of {r.total} errors are exceptions in the API's own code."]),
        rates.tells(
            lambda r: [f"Most of them at {r.largest('failed')[0]}." if r.parts.get("failed") else f"Seen: {r}."]
        ),
        "Find where it is thrown in Error Reporting, mend it, and deploy.",
        "Say that it is done; the API's log is then looked at again.",
    ),
    validated_by=NO_OWN_ERROR,
    waits=timedelta(hours=4),
    within=timedelta(minutes=20),
    source="medicalcor.h097",
)

RUNBOOK = Runbook[MedicalCor, Params](
    name="medicalcor.high_error_rate",
    title="High error rate",
    about="The API answers with 5xx, users report errors, and the alert on its error rate fires.",
    source="medicalcor.high_error_rate medicalcor.t074 medicalcor.p072 medicalcor.p073",
    version="1",
    severity=Severity.CRITICAL,
    environment="medicalcor-prod",
    starts_on=("HighErrorRate", "MedicalCorHighErrorRate", "medicalcor-api-*error*"),
    symptom=FAILING,
    lingers=timedelta(minutes=15),
    hypotheses=(BAD_RELEASE, DATABASE_DOWN, NO_MEMORY, *(cause for cause, _ in THEIRS), EXCEPTION),
    mitigations=(SEND_BACK, HELP_DATABASE, HELP_MEMORY, *(wait for _, wait in THEIRS), MEND),
    refuses=(
        Refusal(
            what="Printing the messages of the last 50 errors.",
            why="They name patients; and gcloud writes YAML unless told otherwise, so the printed pipeline fails."
            " Errors are counted by kind, to the end of the window.",
            source="medicalcor.c080 medicalcor.t080",
        ),
        Refusal(
            what="Reading the error rate off one page of /metrics.",
            why="It holds what one instance has counted since it began. Cloud Monitoring counts over all instances; of"
            " one process two pages are compared.",
            source="medicalcor.c083",
        ),
    ),
    also_asks=(rates,),
    escalation=MedicalCor.ON_CALL,
    review_by=date(2027, 6, 1),
)


@runbook_flow(RUNBOOK)
def medicalcor_high_error_rate(params: Params = Params(), alert: Alert | None = None) -> State[Any]:  # noqa: B008 # frozen
    """Find out why requests to the API fail and offer the safest fix."""
    return follow(RUNBOOK, MedicalCor, params, alert)
