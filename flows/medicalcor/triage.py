"""Something is wrong with MedicalCor, and nobody knows what: every runbook's symptom at once, and the one it is."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from prefect.client.schemas.objects import State

from blocks.medicalcor import MedicalCor
from flows.follow import follow
from flows.incident import runbook_flow
from flows.medicalcor import (
    ai_scoring_failing,
    api_key_rejected,
    api_not_responding,
    connection_pool_exhausted,
    cron_jobs_not_running,
    database_disk_full,
    dlq_reprocess,
    high_ai_costs,
    high_cpu_usage,
    high_error_rate,
    hubspot_sync_failing,
    memory_leak,
    redis_connection_failed,
    redis_memory_full,
    session_jwt_expired,
    slow_queries,
    slow_response_times,
    trigger_jobs_failing,
    webhooks_not_processing,
    whatsapp_not_sending,
)
from flows.medicalcor.probes._api import PAGES, breakers, errors, rates, ready, revisions
from flows.medicalcor.probes.triage import Here, Params, alive, deep, down, services, severe, unready
from flows.parts.postgres import sessions
from flows.parts.redis import entrance
from flows.signs import Area, Overview, anything, area, look_at_all, looks, not_there, there
from runbook import Alert, HandOff, Hypothesis, Refusal, Runbook, Severity, Strength, probe
from tasks.cloudrun.read import read_service
from tasks.web.parts import read_parts

STORES = ("connection_pool_exhausted", "database_disk_full", "redis_connection_failed", "redis_memory_full")
"""Whoever needs a store shows its trouble, too."""

CALLED = ("hubspot_sync_failing", "whatsapp_not_sending")
"""Whoever calls them waits for them, or fails."""

AREAS = (
    area(connection_pool_exhausted, takes=(), prior=0.4, deeper=("database_disk_full",)),
    area(database_disk_full, takes=(), prior=0.4),
    area(redis_connection_failed, takes=(), prior=0.4),
    area(redis_memory_full, takes=(), prior=0.4),
    area(memory_leak, takes=(), prior=0.3),
    area(api_not_responding, takes=(), prior=0.3, deeper=(*STORES, "memory_leak")),
    area(slow_queries, takes=("slow_after", "watched_for"), deeper=("connection_pool_exhausted",)),
    area(hubspot_sync_failing, takes=(), deeper=("api_not_responding",)),
    area(whatsapp_not_sending, takes=(), deeper=("api_not_responding",)),
    area(ai_scoring_failing, takes=(), deeper=("api_not_responding",)),
    area(high_ai_costs, takes=()),
    area(high_cpu_usage, takes=(), deeper=("memory_leak",)),
    area(slow_response_times, takes=(), deeper=(*STORES, *CALLED, "slow_queries", "memory_leak", "high_cpu_usage")),
    area(high_error_rate, takes=(), deeper=(*STORES, *CALLED, "memory_leak", "api_not_responding")),
    area(webhooks_not_processing, takes=(), deeper=(*STORES, *CALLED, "api_not_responding", "high_error_rate")),
    area(dlq_reprocess, takes=(), prior=0.1, deeper=(*STORES, *CALLED, "webhooks_not_processing")),
    area(trigger_jobs_failing, takes=(), deeper=STORES),
    area(cron_jobs_not_running, takes=(), deeper=("trigger_jobs_failing",)),
    area(api_key_rejected, takes=(), deeper=("api_not_responding",)),
    area(session_jwt_expired, takes=()),
)


@probe(
    *looks(AREAS),
    read_service,
    read_parts,
    asks="Which of MedicalCor's known problems is there right now, and what else is wrong?",
    source="medicalcor.p024 medicalcor.p029 medicalcor.p039",
    timeout=timedelta(seconds=60),
)
def overview(c: Here) -> Overview:
    besides = {services.name: lambda: unready(services.read(c)), deep.name: lambda: down(deep.read(c))}
    return look_at_all(AREAS, c, besides)


ANYTHING = anything(overview, "a service is not as it should be, or the API says that it lacks something")

SIGNS = {here.name: there(overview, here) for here in AREAS}


def hypothesis(here: Area) -> Hypothesis[MedicalCor, Params]:
    """That it is one runbook's problem: by its own symptom, unless a deeper problem explains that."""
    return Hypothesis(
        name=here.name,
        claim=f"{here.runbook.title}: {here.runbook.about}",
        supported_by=(SIGNS[here.name],),
        refuted_by=(not_there(overview, here), *(SIGNS[name] for name in here.deeper)),
        strength=((SIGNS[here.name], Strength.DECISIVE),),
        prior=here.prior,
        source="devised",
    )


CAUSES = {here.name: hypothesis(here) for here in AREAS}

RUNBOOK = Runbook[MedicalCor, Params](
    name="medicalcor.triage",
    title="Triage",
    about="Something is wrong with MedicalCor. Look at everything at once, and hand over to the runbook that it calls"
    " for.",
    source="medicalcor.quick_diagnosis medicalcor.quick_recent_deployment medicalcor.quick_external"
    " medicalcor.quick_metrics medicalcor.quick_logs medicalcor.quick_reference",
    version="1",
    severity=Severity.ERROR,
    environment="medicalcor-prod",
    starts_on=("MedicalCorTriage",),
    symptom=ANYTHING,
    hypotheses=tuple(CAUSES.values()),
    mitigations=tuple(
        HandOff(
            name=f"hand_to_{here.name}",
            title=f"Hand over to {here.runbook.title.lower()}",
            treats=CAUSES[here.name],
            to=here.runbook,
            params=here.params,
            source="devised",
        )
        for here in AREAS
    ),
    also_asks=(
        alive,
        ready,
        deep,
        services,
        revisions,
        breakers,
        *(page.probe for page in PAGES.values()),
        rates,
        severe,
        errors,
        sessions.slots("medicalcor.c689 medicalcor.p688"),
        entrance.redis_entrance("medicalcor.c692 medicalcor.p691"),
    ),
    refuses=(
        Refusal(
            what="Sending the traffic back because a revision is new.",
            why="A release that is only near is no cause, and a database that has moved on may not fit the code before."
            " The runbooks on errors, memory and slowness send it back where the trouble began with it.",
            source="medicalcor.t033 medicalcor.t698 medicalcor.p697",
        ),
        Refusal(
            what="Printing the last 20 entries.",
            why="They name patients, twenty of them are the newest kind only, and those in JSON have an empty"
            " textPayload. All of the window are counted, by kind.",
            source="medicalcor.t061 medicalcor.t686",
        ),
        Refusal(
            what="Reading errors and latency off one page of /metrics.",
            why="It holds what one instance has counted since it began: two pages of one process are compared.",
            source="medicalcor.c053 medicalcor.t053 medicalcor.c683 medicalcor.p052 medicalcor.p682",
        ),
    ),
    escalation=MedicalCor.ON_CALL,
    review_by=date(2027, 6, 1),
)


@runbook_flow(RUNBOOK)
def medicalcor_triage(params: Params = Params(), alert: Alert | None = None) -> State[Any]:  # noqa: B008 # frozen
    """Find out which of MedicalCor's known problems is there, and hand over to its runbook."""
    return follow(RUNBOOK, MedicalCor, params, alert)
