"""Messages do not reach patients by WhatsApp: more than one in ten is not taken."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from prefect.client.schemas.objects import State

from blocks.medicalcor import MedicalCor
from flows.follow import follow
from flows.incident import runbook_flow
from flows.medicalcor.probes._calls import counted, failures, provider
from flows.medicalcor.probes.whatsapp_not_sending import Params
from flows.parts.providers import LIMITED as TOO_MANY
from flows.parts.providers import code
from flows.parts.redis.seen import redis_letters
from runbook import Alert, Manual, Refusal, Runbook, Severity
from tasks.logs.read import Kind

DEAD = "medicalcor:dlq"
NUMBER, TEMPLATE = "number", "template"

LETTERS = redis_letters(DEAD, "medicalcor.c457 medicalcor.t457")

KINDS = (
    Kind(name=NUMBER, pattern=code(131026, 131030, 1013)),
    Kind(name=TEMPLATE, pattern=code(132001, 132007, 132015, 132016)),
    Kind(
        name=TOO_MANY,
        pattern=rf"{code(130429, 80007, 131048, 131056)}|exceeded the (?:endpoint rate limit|limit of \d+ request)",
    ),
)
"""By Meta's own codes, and by the texts of 360dialog, which answers some of it with a 400."""

FAILURES = failures("whatsapp", "medicalcor.c454 medicalcor.t454b medicalcor.p448", *KINDS)
WHATSAPP = provider(
    "whatsapp",
    counted("whatsapp", "devised medicalcor.p447"),
    FAILURES,
    breakers_source="devised",
    page_source="devised medicalcor.t046",
)

NUMBERS = WHATSAPP.failures.of(NUMBER, said="refused for the number that was written to")
TEMPLATES = WHATSAPP.failures.of(TEMPLATE, said="refused for its template")

DOWN = WHATSAPP.down("devised")
BAD_NUMBERS = WHATSAPP.refused(
    "numbers_rejected", "Messages go to numbers that WhatsApp does not know.", NUMBERS, "medicalcor.h464"
)
BAD_TEMPLATE = WHATSAPP.refused(
    "template_rejected",
    "A template is missing, was not approved, or was paused or withdrawn.",
    TEMPLATES,
    "medicalcor.h465",
)
LIMITED = WHATSAPP.rate_limited("medicalcor.h466")
KEY = WHATSAPP.key_rejected("medicalcor.h467")
STUCK = WHATSAPP.breaker_stuck("devised")

AFTERWARDS = (
    LETTERS.tells(
        lambda r: [
            f"{r.length} dead letters are kept; each may be a message to a patient. What is too late by now, such as a"
            " reminder of yesterday, must not be sent; of the others a few first, then batches."
            if r.length
            else "No message is kept among the dead letters."
        ]
    ),
)
"""What is to be done once messages are sent again."""

MEND_NUMBERS = Manual(
    name="mend_numbers",
    title="Put the numbers right that WhatsApp does not know",
    treats=BAD_NUMBERS,
    why_manual="which number is whose is the clinics' to say, and no run may read the numbers.",
    steps=(
        NUMBERS.counted,
        "Is it many numbers or a few again and again? The application's owners see it, by lead and not by number.",
        "Many at once: look for an import or a form that stores numbers in another form than E.164 (`+40…`, without"
        " blanks and zeros in front), and mend it there.",
        "A few: have the clinic ask for the number, and stop writing to it meanwhile. Whoever writes to many numbers"
        " that are none loses quality with Meta.",
        *AFTERWARDS,
        "Say that it is done; what the API logs is then looked at again.",
    ),
    validated_by=WHATSAPP.calls.well,  # single numbers are always wrong
    waits=timedelta(hours=4),
    within=timedelta(minutes=15),
    source="medicalcor.h464",
)

MEND_TEMPLATE = Manual(
    name="mend_template",
    title="Have the template approved, or use another one",
    treats=BAD_TEMPLATE,
    why_manual="Meta approves templates, and what patients are written is for its owners to say.",
    steps=(
        TEMPLATES.counted,
        "Look in the 360dialog dashboard at the templates: which is paused, rejected, withdrawn or missing in the"
        " language that is asked for?",
        "One that was paused for its quality comes back by itself after hours; meanwhile let the application use"
        " another approved one, or have the text changed and approved.",
        *AFTERWARDS,
        "Say that it is done; what the API logs is then looked at again.",
    ),
    validated_by=TEMPLATES.none,
    waits=timedelta(hours=4),
    within=timedelta(minutes=15),
    source="medicalcor.h465",
)

RUNBOOK = Runbook[MedicalCor, Params](
    name="medicalcor.whatsapp_not_sending",
    title="WhatsApp messages are not sent",
    about="Messages are queued and not delivered, and the API logs errors of 360dialog.",
    source="medicalcor.whatsapp_not_sending medicalcor.p447 medicalcor.p448",
    version="1",
    severity=Severity.ERROR,
    environment="medicalcor-prod",
    starts_on=("WhatsAppNotSending", "MedicalCorWhatsAppNotSending", "medicalcor-*whatsapp*"),
    symptom=WHATSAPP.calls.failing,
    hypotheses=(DOWN, BAD_NUMBERS, BAD_TEMPLATE, LIMITED, KEY, STUCK),
    mitigations=(
        WHATSAPP.wait(
            DOWN,
            "360dialog or Meta mends it, and messages that were not taken are kept among the dead letters. What is sent"
            " again while they fail only makes more of them.",
            "devised",
        ),
        MEND_NUMBERS,
        MEND_TEMPLATE,
        WHATSAPP.ask_less(
            LIMITED,
            "Look in the 360dialog dashboard at the number's quality and at the limit of messages: too many at once,"
            " too many to the same person, or too many that people did not want?",
            "Have the application's owners spread what can wait, such as campaigns, over the day.",
            *AFTERWARDS,
            source="medicalcor.h466",
        ),
        WHATSAPP.renew_key(KEY, "in the 360dialog hub at the number's API key", "medicalcor.h467"),
        WHATSAPP.begin_anew(STUCK, "devised"),
    ),
    also_asks=(LETTERS,),
    refuses=(
        Refusal(
            what="Printing the last 20 entries about WhatsApp.",
            why="They hold telephone numbers of patients and what they wrote. All entries of the window are counted by"
            " what was answered.",
            source="medicalcor.c454 medicalcor.t454",
        ),
        Refusal(
            what="Reading the number of dead letters off one page of /metrics.",
            why="It is what one instance last saw of it. Redis is asked, which holds them: how many, how old, of which"
            " kinds.",
            source="medicalcor.c457 medicalcor.t457",
        ),
    ),
    escalation=MedicalCor.ON_CALL,
    review_by=date(2027, 6, 1),
)


@runbook_flow(RUNBOOK)
def medicalcor_whatsapp_not_sending(params: Params = Params(), alert: Alert | None = None) -> State[Any]:  # noqa: B008 # frozen
    """Find out why patients get no messages and say what is to be done."""
    return follow(RUNBOOK, MedicalCor, params, alert)
