"""Contacts do not reach HubSpot: more than one of the API's calls in ten fails."""

from __future__ import annotations

from datetime import date
from typing import Any

from prefect.client.schemas.objects import State

from blocks.medicalcor import MedicalCor
from flows.follow import follow
from flows.incident import runbook_flow
from flows.medicalcor.probes._calls import counted, failures, provider
from flows.medicalcor.probes.hubspot_sync_failing import Params
from runbook import Alert, Refusal, Runbook, Severity

FAILURES = failures(
    "hubspot", "medicalcor.c426 medicalcor.t426b medicalcor.p416 medicalcor.t436 medicalcor.t437 medicalcor.t438"
)
HUBSPOT = provider(
    "hubspot",
    counted("hubspot", "devised medicalcor.p415"),
    FAILURES,
    breakers_source="medicalcor.c423 medicalcor.p417",
    page_source="medicalcor.c429 medicalcor.t429",
)

DOWN = HUBSPOT.down("medicalcor.h438")
SLOW = HUBSPOT.refused(
    "hubspot_slow", "HubSpot takes longer for an answer than the API waits.", HUBSPOT.slow, "medicalcor.h439"
)
LIMITED = HUBSPOT.rate_limited("medicalcor.h437")
KEY = HUBSPOT.key_rejected("medicalcor.h436")
STUCK = HUBSPOT.breaker_stuck("devised")

SAYS = (
    "HubSpot's own people mend it, and no contact is lost meanwhile: what was not taken over is in MedicalCor, and is"
    " taken over once calls succeed. A breaker that is reset while they fail makes it worse."
)

RUNBOOK = Runbook[MedicalCor, Params](
    name="medicalcor.hubspot_sync_failing",
    title="HubSpot sync fails",
    about="Contacts do not reach HubSpot, the API logs `HubSpot API error`, or HubSpot's circuit breaker is open.",
    source="medicalcor.hubspot_sync_failing medicalcor.p415 medicalcor.p416 medicalcor.p417",
    version="1",
    severity=Severity.ERROR,
    environment="medicalcor-prod",
    starts_on=("HubSpotSyncFailing", "MedicalCorHubSpotSyncFailing", "medicalcor-*hubspot*"),
    symptom=HUBSPOT.calls.failing,
    hypotheses=(DOWN, SLOW, LIMITED, KEY, STUCK),
    mitigations=(
        HUBSPOT.wait(DOWN, SAYS, "medicalcor.h438"),
        HUBSPOT.wait(SLOW, SAYS, "medicalcor.h439"),
        HUBSPOT.ask_less(
            LIMITED,
            "Look in HubSpot at the logs of the private app: is it the limit of ten seconds or that of the day"
            " (`policyName`)? All apps of an account share the day's.",
            "Have the application's owners sync less often, and many contacts with one call.",
            source="medicalcor.h437",
        ),
        HUBSPOT.renew_key(KEY, "in HubSpot at the private app's access token", "medicalcor.h436"),
        HUBSPOT.begin_anew(STUCK, "devised"),
    ),
    refuses=(
        Refusal(
            what="Printing the last 20 entries about HubSpot.",
            why="They hold what contacts are called and how they are reached; and 20 of thousands lead to whatever came"
            " last. All entries of the window are counted by what HubSpot answered.",
            source="medicalcor.c426 medicalcor.t426",
        ),
        Refusal(
            what="Asking api.hubspot.com/status.",
            why="HubSpot documents no such page; what it answers says nothing. Its status page is asked, in the form"
            " that such pages publish.",
            source="medicalcor.c429 medicalcor.t429",
        ),
    ),
    escalation=MedicalCor.ON_CALL,
    review_by=date(2027, 6, 1),
)


@runbook_flow(RUNBOOK)
def medicalcor_hubspot_sync_failing(params: Params = Params(), alert: Alert | None = None) -> State[Any]:  # noqa: B008 # frozen
    """Find out why contacts do not reach HubSpot and say what is to be done, if anything."""
    return follow(RUNBOOK, MedicalCor, params, alert)
