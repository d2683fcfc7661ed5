"""What could not be processed lies in Redis; it is processed again once it can succeed: a few first, and none twice."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from prefect.client.schemas.objects import State

from blocks.medicalcor import MedicalCor
from flows.follow import follow
from flows.incident import runbook_flow
from flows.medicalcor.probes._webhooks import BACKLOG, DEAD, FAILED, FAILING, LETTERS, SERVED, WEBHOOKS, webhooks
from flows.medicalcor.probes.dlq_reprocess import Params
from flows.parts.redis import steps
from runbook import Alert, Hypothesis, Manual, Refusal, Runbook, Severity, Strength

LEFT_OVER = Hypothesis(
    name="left_over",
    claim="What made them fail is over; they are left from then.",
    supported_by=(BACKLOG.come_no_more, SERVED),
    # Nothing is sent anew while anybody doubts that it would succeed, or does not know.
    refuted_by=(BACKLOG.still_come, FAILING, BACKLOG.returned),
    strength=(
        (BACKLOG.still_come, Strength.DECISIVE),
        (FAILING, Strength.DECISIVE),
        (BACKLOG.returned, Strength.DECISIVE),
    ),
    prior=0.3,
    source="medicalcor.c510",
)

STILL_FAILING = Hypothesis(
    name="still_failing",
    claim="Webhooks still fail for what made these fail, and more come.",
    supported_by=(FAILING, BACKLOG.still_come),
    refuted_by=(SERVED, BACKLOG.come_no_more),
    strength=((SERVED, Strength.DECISIVE), (BACKLOG.come_no_more, Strength.DECISIVE)),
    prior=0.3,
    source="devised",
)

FAIL_AGAIN = Hypothesis(
    name="fail_again",
    claim="What was processed again came back, while webhooks succeed: for what is in them, or since these failed for a"
    " while once more.",
    supported_by=(BACKLOG.returned,),
    # While webhooks fail, these come back for that.
    refuted_by=(BACKLOG.none_returned, FAILING),
    strength=(
        (BACKLOG.returned, Strength.DECISIVE),
        (BACKLOG.none_returned, Strength.DECISIVE),
        (FAILING, Strength.DECISIVE),
    ),
    source="devised",
)

AGAIN = steps.process_again(
    LEFT_OVER,
    DEAD,
    by="platform on-call",
    risk="Patients get messages that are as old as the list says: where one comes too late by now, such as a reminder"
    " of yesterday, say no and have its owner take it out first.",
    validated_by=BACKLOG.gone,
    source="medicalcor.c510 medicalcor.t510 medicalcor.p509",
)

END_FAILURES = Manual(
    name="end_failures",
    title="End what makes webhooks fail, before anything is processed again",
    treats=STILL_FAILING,
    why_manual="what is processed while they fail only fails again; what ends it is the work of another runbook.",
    steps=(
        webhooks.tells(lambda r: [f"{r.of(FAILED):g} of {r.of(WEBHOOKS):g} webhooks fail, as one process counts."]),
        LETTERS.tells(lambda r: [f"Seen: {r}."]),
        "Messages that are not sent: medicalcor.whatsapp_not_sending. Contacts that are not taken over:"
        " medicalcor.hubspot_sync_failing. A database, memory or code that fails: medicalcor.high_error_rate.",
        "Say that it is done once webhooks succeed. When none has come for five minutes, what lies there is offered to"
        " be processed again.",
    ),
    validated_by=BACKLOG.come_no_more,
    waits=timedelta(hours=4),
    within=timedelta(minutes=15),
    source="devised",
)

MEND_ITEMS = Manual(
    name="mend_items",
    title="Find out why these items fail, and mend that",
    treats=FAIL_AGAIN,
    why_manual="why one fails stands in it, and no run may read what a patient wrote.",
    steps=(
        BACKLOG.probe.tells(lambda r: [f"Seen: {r}."]),
        LETTERS.tells(lambda r: [f"Of these kinds: {', '.join(r.kinds)}." if r.kinds else "They say no kind."]),
        "Have the owner of the webhooks look at one item of each kind, where access to patients' data is recorded."
        " Never print them by `LRANGE` into a terminal or a ticket.",
        "Where all of one go came back at once, and webhooks failed in that minute, nothing is wrong with them: have"
        " their owner process them again.",
        "Where the code does not understand them, mend and deploy it, then process those items by its own means. Where"
        " nobody can process one, keep it elsewhere before it is taken out: here is its only copy.",
        "Say that it is done; the dead letters are then looked at again.",
    ),
    validated_by=BACKLOG.none_returned,
    waits=timedelta(hours=4),
    source="devised",
)

RUNBOOK = Runbook[MedicalCor, Params](
    name="medicalcor.dlq_reprocess",
    title="Dead letters are to be processed again",
    about="Webhooks and messages that could not be processed lie in Redis. Those with an id are processed again, once"
    " what made them fail is over; those without one are left, since nobody could tell whether they came twice.",
    source="medicalcor.reprocess_dlq",
    version="1",
    severity=Severity.WARNING,
    environment="medicalcor-prod",
    starts_on=("DeadLetters", "MedicalCorDeadLetters", "medicalcor-*dlq*"),
    symptom=BACKLOG.waits,
    hypotheses=(LEFT_OVER, STILL_FAILING, FAIL_AGAIN),
    mitigations=(AGAIN, END_FAILURES, MEND_ITEMS),
    also_asks=(LETTERS,),
    refuses=(
        Refusal(
            what="Processing all of them at once by `/admin/dlq/reprocess`.",
            why="It asks for no limit and tells no result. Patients would be written to twice, and all would fail again"
            " where the cause is still there. Five go first, then fifty at a time, and no more once one in ten fails.",
            source="medicalcor.c510",
        ),
        Refusal(
            what="Clearing the dead letters.",
            why="Each may be the only copy of what a patient wrote. None is taken out but into the queue.",
            source="medicalcor.h501",
        ),
        Refusal(
            what="Printing items by `LRANGE medicalcor:dlq 0 10`.",
            why="They hold telephone numbers and messages of patients, and eleven say nothing of the rest. All are"
            " counted, and those at both ends told by age and kind.",
            source="medicalcor.c507 medicalcor.t507b",
        ),
    ),
    escalation=MedicalCor.ON_CALL,
    review_by=date(2027, 6, 1),
)


@runbook_flow(RUNBOOK)
def medicalcor_dlq_reprocess(params: Params = Params(), alert: Alert | None = None) -> State[Any]:  # noqa: B008 # frozen
    """Find out whether dead letters would succeed now, and have them processed again if so."""
    return follow(RUNBOOK, MedicalCor, params, alert)
