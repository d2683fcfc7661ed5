"""Background jobs fail or are stuck: runs of MedicalCor's tasks at Trigger.dev."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from prefect.client.schemas.objects import State

from blocks.medicalcor import MedicalCor
from flows.follow import follow
from flows.incident import runbook_flow
from flows.medicalcor.probes._api import PAGES
from flows.medicalcor.probes.trigger_jobs_failing import WINDOW, Params
from flows.parts import triggerdev
from flows.parts.providers import LIMITED, NOT_TRIED, SLOW, THEIRS
from flows.parts.triggerdev import AskedErrors, AskedQueues, AskedRuns, OfKind
from runbook import Alert, Evidence, Hypothesis, Manual, Refusal, Runbook, Severity, Strength, Told, Wait

ON_CALL = "platform on-call"

RUNS = AskedRuns[MedicalCor, Params](triggerdev.runs(WINDOW, "medicalcor.h528 medicalcor.h529 medicalcor.t528"))
ERRORS = AskedErrors[MedicalCor, Params](triggerdev.errors(WINDOW, "medicalcor.h530"))
QUEUES = AskedQueues[MedicalCor, Params](triggerdev.queues("medicalcor.p522"))

THEIR_ERRORS = ERRORS.of(THEIRS, SLOW, LIMITED, NOT_TRIED, said="with an error of somebody whom they call")
CODE_ERRORS = ERRORS.of(triggerdev.CODE, said="with an error that only their code makes")
MEMORY_ERRORS = ERRORS.of(triggerdev.MEMORY, said="because their machine had no memory left")
RED = tuple(page.troubled for page in PAGES.values())


def told_by_errors(
    name: str, claim: str, of: OfKind[MedicalCor, Params], source: str, *hints: Evidence[MedicalCor, Params]
) -> Hypothesis[MedicalCor, Params]:
    """A cause that failed runs name themselves, while they go on to fail."""
    return Hypothesis(
        name=name,
        claim=claim,
        supported_by=(of.many, *hints),
        refuted_by=(of.few, RUNS.well),
        strength=(
            (of.many, Strength.DECISIVE),
            (of.few, Strength.DECISIVE),
            (RUNS.well, Strength.DECISIVE),
            *((hint, Strength.HINT) for hint in hints),
        ),
        source=source,
    )


EXTERNAL = told_by_errors(
    "external_service", "Somebody whom the jobs call answers with errors.", THEIR_ERRORS, "medicalcor.h536", *RED
)
CODE = told_by_errors("code", "The code of a task throws.", CODE_ERRORS, "medicalcor.h537")
MEMORY = told_by_errors("memory", "The machine of a task has too little memory.", MEMORY_ERRORS, "medicalcor.h539")

TIMEOUT = Hypothesis(
    name="timeout",
    claim="Runs take longer than they may, and are ended.",
    supported_by=(RUNS.timed_out,),
    refuted_by=(RUNS.in_time, RUNS.well),
    strength=(
        (RUNS.timed_out, Strength.DECISIVE),
        (RUNS.in_time, Strength.DECISIVE),
        (RUNS.well, Strength.DECISIVE),
    ),
    source="medicalcor.h538",
)

TOO_FEW = Hypothesis(
    name="too_few_at_once",
    claim="More runs come than may go on at once, so they wait.",
    supported_by=(QUEUES.full, RUNS.stuck),
    refuted_by=(QUEUES.none_full, THEIR_ERRORS.many, RUNS.timed_out),
    strength=(
        (QUEUES.full, Strength.DECISIVE),
        (QUEUES.none_full, Strength.DECISIVE),
        (RUNS.stuck, Strength.HINT),
    ),
    source="medicalcor.h539",
)

OVER = Hypothesis(
    name="over",
    claim="What made runs fail is over, and nobody repeats those that failed.",
    supported_by=(RUNS.left,),
    refuted_by=(RUNS.going_on, RUNS.made_up),
    strength=(
        (RUNS.left, Strength.DECISIVE),
        (RUNS.going_on, Strength.DECISIVE),
        (RUNS.made_up, Strength.DECISIVE),
    ),
    source="medicalcor.h543 medicalcor.h544",
)

WAIT = Wait(
    name="wait_for_external_service",
    title="Wait until the jobs succeed again",
    treats=EXTERNAL,
    until=RUNS.well,
    within=timedelta(hours=2),
    says="Whoever is called mends it, and tasks try again by themselves. What is replayed meanwhile fails again.",
    source="medicalcor.h536",
)

REPLAY = triggerdev.replay_runs(
    OVER, WINDOW, by=ON_CALL, validated_by=RUNS.made_up, source="medicalcor.h543 medicalcor.h544 medicalcor.h545"
)

THEN = (
    "Runs of tasks that may be replayed are offered to be replayed afterwards. Look at each failed run of the others"
    " (Runs > Failed): whether it may be repeated, only its owner knows.",
    "Say that it is done; how the jobs fare is then looked at again.",
)


def by_hand(
    treats: Hypothesis[MedicalCor, Params],
    title: str,
    why: str,
    *steps: str | Told[MedicalCor, Params],
    validated_by: Evidence[MedicalCor, Params] = RUNS.well,
) -> Manual[MedicalCor, Params]:
    """What only the owner of a task can do: change its code or its settings, and deploy."""
    return Manual(
        name=f"mend_{treats.name}",
        title=title,
        treats=treats,
        why_manual=why,
        steps=(*steps, *THEN),
        validated_by=validated_by,
        waits=timedelta(hours=4),
        within=timedelta(minutes=15),
        source=treats.source,
    )


RUNBOOK = Runbook[MedicalCor, Params](
    name="medicalcor.trigger_jobs_failing",
    title="Background jobs fail",
    about="Runs of Trigger.dev fail or are stuck, an alert says so, or dead letters pile up.",
    source="medicalcor.trigger_jobs_failing medicalcor.retry_failed_job medicalcor.p522 medicalcor.t523"
    " medicalcor.p524",
    version="1",
    severity=Severity.ERROR,
    environment="medicalcor-prod",
    starts_on=("TriggerJobsFailing", "MedicalCorTriggerJobsFailing", "medicalcor-*job*"),
    symptom=RUNS.failing_or_stuck,
    hypotheses=(EXTERNAL, CODE, TIMEOUT, MEMORY, TOO_FEW, OVER),
    mitigations=(
        WAIT,
        REPLAY,
        by_hand(
            CODE,
            "Have the task's code mended and deployed",
            "what is wrong in code, its owner finds.",
            RUNS.told,
            "Where all failures are of one version, and the one before succeeded, promote that one; else mend it.",
        ),
        by_hand(
            TIMEOUT,
            "Give the task more time, or less to do",
            "how long a run may take is in the code (`maxDuration`).",
            RUNS.told,
            "Find what takes long in the trace of a run. More time is right where it did its work until it was ended.",
        ),
        by_hand(
            MEMORY,
            "Give the task a larger machine, or less to hold at once",
            "the machine is in the code (`machine`), and a larger one costs money.",
            RUNS.told,
            "Look at how much a run takes in at once before it is given a larger machine.",
        ),
        by_hand(
            TOO_FEW,
            "Let more runs go on at once",
            "more at once costs money, and burdens whoever the task calls.",
            QUEUES.told,
            "Ask whether whoever the task calls, and the database, bear more at once; then raise the queue's limit.",
            validated_by=QUEUES.none_full,
        ),
    ),
    refuses=(
        Refusal(
            what="Replaying every failed run.",
            why="A run that sent half of its messages sends them again. Only runs of tasks that their owners call"
            " repeatable are replayed, one of them first, and none twice.",
            source="medicalcor.h545",
        ),
    ),
    escalation=MedicalCor.ON_CALL,
    review_by=date(2027, 6, 1),
)


@runbook_flow(RUNBOOK)
def medicalcor_trigger_jobs_failing(params: Params = Params(), alert: Alert | None = None) -> State[Any]:  # noqa: B008 # frozen
    """Find out why background jobs fail, and replay what failed once it is over."""
    return follow(RUNBOOK, MedicalCor, params, alert)
