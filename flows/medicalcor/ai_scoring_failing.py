"""Leads are scored by rules instead of by the model: more than one in five (devised: the page names no number)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from prefect.client.schemas.objects import State

from blocks.medicalcor import MedicalCor
from flows.follow import follow
from flows.incident import runbook_flow
from flows.medicalcor.probes._calls import counted, failures, provider
from flows.medicalcor.probes.ai_scoring_failing import Params
from runbook import Alert, Manual, Refusal, Runbook, Severity
from tasks.logs.read import Kind
from tasks.prometheus.read import Counter

TOO_MANY = 0.2
"""Devised: a model fails now and then, and a breaker that lets single calls through ends a bad minute."""

SCORED, BY_RULES = "scorings", "scorings by rules"
SPENT, LONG = "spent", "too_long"

CALLS = counted(
    "openai",
    "medicalcor.c357 medicalcor.t357",
    Counter(name=SCORED, metric="lead_scoring_total"),
    Counter(name=BY_RULES, metric="lead_scoring_fallback_total", among=SCORED),
)
KINDS = (Kind(name=SPENT, pattern="insufficient_quota"), Kind(name=LONG, pattern="context_length_exceeded"))
FAILURES = failures("openai", "medicalcor.p350", *KINDS)
OPENAI = provider(
    "openai",
    CALLS,
    FAILURES,
    breakers_source="medicalcor.c360 medicalcor.p351",
    page_source="medicalcor.c363 medicalcor.t363",
)

BY_RULES_MOSTLY = CALLS.shows(
    "more than one lead in five is scored by rules, as one process of the API counts",
    lambda r: r.share(BY_RULES, among=SCORED) > TOO_MANY,
    gauge=BY_RULES,
)
NO_CREDIT = OPENAI.failures.of(SPENT, said="refused because what was paid for is spent")
TOO_LARGE = OPENAI.failures.of("slow", LONG, said="given up unanswered, or refused as too long")

DOWN = OPENAI.down("medicalcor.h370 medicalcor.h377 medicalcor.h378 medicalcor.h379 medicalcor.t378")
KEY = OPENAI.key_rejected("medicalcor.h372")
LIMITED = OPENAI.rate_limited("medicalcor.h371")
SPENT_UP = OPENAI.refused(
    "credit_spent", "What was paid for at OpenAI, or what may be spent in a month, is used up.", NO_CREDIT, "devised"
)
LARGE = OPENAI.refused(
    "requests_too_large",
    "Requests to the model are so large that it takes longer for them than the API waits.",
    TOO_LARGE,
    "medicalcor.h373",
    beside=(OPENAI.page.troubled,),
)
STUCK = OPENAI.breaker_stuck("devised")

WAIT = OPENAI.wait(
    DOWN,
    "No action is needed: leads are scored by rules meanwhile, with a confidence of 0.7 instead of 0.8 to 0.95, and by"
    " the model again once calls succeed. Whoever works with scores should know.",
    "medicalcor.h370 medicalcor.h377 medicalcor.h378 medicalcor.h379 medicalcor.t378",
)

PAY = Manual(
    name="raise_budget",
    title="Pay for more at OpenAI, or let more be spent",
    treats=SPENT_UP,
    why_manual="it costs money, and whoever answers for the budget decides.",
    steps=(
        NO_CREDIT.counted,
        "Look at OpenAI's usage page at what was spent, and since when more than usual. Where it rose suddenly, find"
        " what asks so often before more is paid.",
        "Have credit added, or the month's limit raised, by whoever answers for the budget.",
        "Until then leads are scored by rules, with a confidence of 0.7: tell whoever works with scores.",
        "Say that it is done; what the API logs is then looked at again.",
    ),
    validated_by=NO_CREDIT.none,
    waits=timedelta(hours=4),
    within=timedelta(minutes=15),
    source="devised",
)

SHORTEN = Manual(
    name="shorten_requests",
    title="Find out which requests to the model are too large",
    treats=LARGE,
    why_manual="what a model is told of a lead is for the application's owners to say.",
    steps=(
        TOO_LARGE.counted,
        "Look at OpenAI's usage page at the tokens of a request: have they grown, and with which release?",
        "Look for conversations that are sent whole. Read none of it on the way: it is what patients wrote.",
        "Have the owners shorten what is sent, or choose a model that answers sooner. A longer patience of the API only"
        " lets more requests wait.",
        "Say that it is done; what the API logs is then looked at again.",
    ),
    validated_by=TOO_LARGE.none,
    waits=timedelta(hours=4),
    within=timedelta(minutes=15),
    source="medicalcor.h373",
)

RUNBOOK = Runbook[MedicalCor, Params](
    name="medicalcor.ai_scoring_failing",
    title="AI scoring fails",
    about="Leads are scored by rules instead of by the model, scorings time out, or OpenAI's circuit breaker is open.",
    source="medicalcor.ai_scoring_failing medicalcor.p349 medicalcor.p350 medicalcor.p351",
    version="1",
    severity=Severity.WARNING,
    environment="medicalcor-prod",
    starts_on=("AIServiceDegraded", "MedicalCorAIScoringFailing", "medicalcor-*scoring*"),
    symptom=BY_RULES_MOSTLY,
    hypotheses=(DOWN, LIMITED, SPENT_UP, KEY, LARGE, STUCK),
    mitigations=(
        WAIT,
        OPENAI.ask_less(
            LIMITED,
            "Look at OpenAI's limits page at which limit is reached: requests or tokens in a minute, or in a day.",
            "Have the application's owners let fewer scorings run at once, and ask OpenAI for a higher limit.",
            source="medicalcor.h371",
        ),
        PAY,
        OPENAI.renew_key(KEY, "at OpenAI's page of API keys", "medicalcor.h372"),
        SHORTEN,
        OPENAI.begin_anew(STUCK, "devised"),
    ),
    refuses=(
        Refusal(
            what="Reading the fallback rate off one page of /metrics.",
            why="It holds what one instance has counted since it began, and a count without what it is a part of. Two"
            " pages of one process are compared, and scorings by rules are a share of all scorings.",
            source="medicalcor.c357",
        ),
    ),
    escalation=MedicalCor.ON_CALL,
    review_by=date(2027, 6, 1),
)


@runbook_flow(RUNBOOK)
def medicalcor_ai_scoring_failing(params: Params = Params(), alert: Alert | None = None) -> State[Any]:  # noqa: B008 # frozen
    """Find out why leads are scored by rules and say what is to be done, if anything."""
    return follow(RUNBOOK, MedicalCor, params, alert)
