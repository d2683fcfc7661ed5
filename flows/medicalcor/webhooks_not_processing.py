"""Webhooks are not processed: they are refused, late, not understood, there is no room for them, or none are sent."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from prefect.client.schemas.objects import State

from blocks.medicalcor import MedicalCor
from flows.follow import follow
from flows.incident import runbook_flow
from flows.medicalcor import redis_memory_full
from flows.medicalcor.probes._api import PAGES
from flows.medicalcor.probes._webhooks import DEAD
from flows.medicalcor.probes.webhooks_not_processing import (
    NO_ROOM,
    NO_SIGNATURE,
    NONE_CAME,
    OF_INVALID,
    OF_LATE,
    OF_UNSIGNED,
    ROOM,
    SIGNED_WRONG,
    SILENT,
    SOME_CAME,
    STRANGERS,
    TROUBLE,
    WELL,
    Params,
    came,
)
from flows.parts.redis.seen import redis_letters
from runbook import Alert, HandOff, Hypothesis, Manual, Refusal, Runbook, Severity, Strength, Wait

LETTERS = redis_letters(DEAD, "medicalcor.c491 medicalcor.t491 medicalcor.p490 medicalcor.p478")
SEEN = came.tells(lambda r: [f"Seen: {r}."])
AFTERWARDS = "Senders try again for hours or days; what they gave up lies with them. Ask them for what is missing."

WRONG_SECRET = Hypothesis(
    name="wrong_secret",
    claim="The secret by which the API checks signatures is not the one that the sender signs with.",
    supported_by=(OF_UNSIGNED.many, SIGNED_WRONG),
    # With a wrong secret none of a sender's webhooks is taken: then whoever knocks is somebody else.
    refuted_by=(OF_UNSIGNED.few, OF_UNSIGNED.none, NO_SIGNATURE, STRANGERS),
    strength=(
        (STRANGERS, Strength.DECISIVE),
        (OF_UNSIGNED.few, Strength.DECISIVE),
        (OF_UNSIGNED.none, Strength.DECISIVE),
        (NO_SIGNATURE, Strength.DECISIVE),
    ),
    prior=0.2,
    source="medicalcor.h498",
)

TOO_LATE = Hypothesis(
    name="too_late",
    claim="Handling a webhook takes longer than it may.",
    supported_by=(OF_LATE.many,),
    refuted_by=(OF_LATE.few, OF_LATE.none),
    strength=((OF_LATE.many, Strength.DECISIVE), (OF_LATE.few, Strength.DECISIVE), (OF_LATE.none, Strength.DECISIVE)),
    prior=0.2,
    source="medicalcor.h499",
)

NOT_VALID = Hypothesis(
    name="not_valid",
    claim="The API does not accept what webhooks hold.",
    supported_by=(OF_INVALID.many,),
    refuted_by=(OF_INVALID.few, OF_INVALID.none),
    strength=(
        (OF_INVALID.many, Strength.DECISIVE),
        (OF_INVALID.few, Strength.DECISIVE),
        (OF_INVALID.none, Strength.DECISIVE),
    ),
    prior=0.2,
    source="medicalcor.h500 medicalcor.t500",
)

NO_MEMORY = Hypothesis(
    name="no_memory",
    claim="Redis is full, perhaps of dead letters, so that nothing can be kept of a webhook.",
    supported_by=(NO_ROOM,),
    refuted_by=(ROOM,),
    strength=((NO_ROOM, Strength.DECISIVE), (ROOM, Strength.DECISIVE)),
    prior=0.2,
    source="medicalcor.h501",
)

NOT_SENT = Hypothesis(
    name="not_sent",
    claim="WhatsApp does not send any: its own people have trouble.",
    supported_by=(NONE_CAME, PAGES["whatsapp"].troubled),
    refuted_by=(SOME_CAME, SILENT),
    # Silence alone may be ours as well, such as an address that is no longer registered.
    strength=((NONE_CAME, Strength.HINT), (SOME_CAME, Strength.DECISIVE), (SILENT, Strength.DECISIVE)),
    prior=0.2,
    source="devised",
)

SAME_SECRET = Manual(
    name="same_secret",
    title="Let both sides have the same secret, without refusing either meanwhile",
    treats=WRONG_SECRET,
    why_manual="the sender's side is set by hand, and no run may read a secret.",
    steps=(
        SEEN,
        "Do those that are refused come from the sender at all? Where only strangers knock, there is nothing to set"
        " right: call security.",
        "Compare a hash of both secrets, never the secrets. Which was changed last, and did a new revision read it?",
        "Let the API accept both secrets, have the sender sign with the new one, and only then drop the old one."
        " Changed on one side alone, every webhook is refused until the other follows.",
        AFTERWARDS,
        "Say that it is done; what becomes of webhooks is then looked at again.",
    ),
    validated_by=OF_UNSIGNED.none,
    waits=timedelta(hours=4),
    within=timedelta(minutes=15),
    source="medicalcor.h498",
)

BE_QUICK = Manual(
    name="be_quick",
    title="Answer webhooks at once, and work on them afterwards",
    treats=TOO_LATE,
    why_manual="more time for the handler helps only where it is the handler that gives up: senders wait for seconds,"
    " and send what they have no answer to a second time.",
    steps=(
        SEEN,
        "What takes so long? medicalcor.slow_response_times and medicalcor.slow_queries tell it.",
        "Where the handler's own limit is shorter than the sender's patience, raise it up to that: a new revision.",
        "Else let it answer once the webhook is in the queue, and the queue be worked on afterwards.",
        AFTERWARDS,
        "Say that it is done; what becomes of webhooks is then looked at again.",
    ),
    validated_by=OF_LATE.none,
    waits=timedelta(hours=4),
    within=timedelta(minutes=15),
    source="medicalcor.h499",
)

ACCEPT = Manual(
    name="accept",
    title="Accept what webhooks hold",
    treats=NOT_VALID,
    why_manual="it is the code's, and what a webhook holds no run may read.",
    steps=(
        SEEN,
        "Which field is refused? The API logs it as `error`: read the name of the field, and not its value.",
        "Did the sender announce another version, or did a release begin to refuse it? Go back, or accept both forms.",
        AFTERWARDS,
        "Say that it is done; what becomes of webhooks is then looked at again.",
    ),
    validated_by=OF_INVALID.none,
    waits=timedelta(hours=4),
    within=timedelta(minutes=15),
    source="medicalcor.h500",
)

ASK_REDIS = HandOff(
    name="ask_redis",
    title="Make room in Redis, and look again",
    treats=NO_MEMORY,
    to=redis_memory_full.RUNBOOK,
    params=lambda c: {"environment": c.params.environment},
    # Whether webhooks are well is seen only when they can be kept again.
    returns=True,
    within=timedelta(hours=2),
    source="medicalcor.h501",
)

WAIT = Wait(
    name="wait_for_whatsapp",
    title="Wait until WhatsApp sends webhooks again",
    treats=NOT_SENT,
    until=WELL,
    within=timedelta(hours=2),
    says="Its own people mend it, and send later what was not sent. Our address answers; nothing here mends it.",
    source="devised",
)

RUNBOOK = Runbook[MedicalCor, Params](
    name="medicalcor.webhooks_not_processing",
    title="Webhooks are not processed",
    about="What WhatsApp and Stripe send is not taken, or nothing comes from them: patients who write get no answer.",
    source="medicalcor.webhooks_not_processing medicalcor.p477 medicalcor.p478 medicalcor.p479",
    version="1",
    severity=Severity.ERROR,
    environment="medicalcor-prod",
    starts_on=("WebhooksNotProcessing", "MedicalCorWebhooksNotProcessing", "medicalcor-*webhook*"),
    symptom=TROUBLE,
    lingers=timedelta(minutes=15),
    hypotheses=(WRONG_SECRET, TOO_LATE, NOT_VALID, NO_MEMORY, NOT_SENT),
    mitigations=(ASK_REDIS, WAIT, SAME_SECRET, BE_QUICK, ACCEPT),
    also_asks=(LETTERS,),
    refuses=(
        Refusal(
            what="Printing 20 entries that name a signature.",
            why="Those may be of strangers who try, among thousands that are taken. All that came are counted by what"
            " they were answered.",
            source="medicalcor.c488 medicalcor.t488",
        ),
        Refusal(
            what="Reading the number of dead letters off one page of /metrics.",
            why="It is what one instance last saw of it. Redis is asked, which holds them.",
            source="medicalcor.c491 medicalcor.t491",
        ),
        Refusal(
            what="Clearing the dead letters when they are too many.",
            why="Each may be the only copy of what a patient wrote. Where they take the memory, room is made, and they"
            " are processed again by medicalcor.dlq_reprocess.",
            source="medicalcor.h501",
        ),
    ),
    escalation=MedicalCor.ON_CALL,
    review_by=date(2027, 6, 1),
)


@runbook_flow(RUNBOOK)
def medicalcor_webhooks_not_processing(params: Params = Params(), alert: Alert | None = None) -> State[Any]:  # noqa: B008 # frozen
    """Find out why webhooks are not processed and say what is to be done."""
    return follow(RUNBOOK, MedicalCor, params, alert)
