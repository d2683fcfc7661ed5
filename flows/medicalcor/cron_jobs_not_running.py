"""Scheduled jobs do not run: tasks of MedicalCor's timetable at Trigger.dev."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from prefect.client.schemas.objects import State
from pydantic import Field

from blocks.medicalcor import MedicalCor
from flows.follow import follow
from flows.incident import runbook_flow
from flows.medicalcor import trigger_jobs_failing
from flows.parts import triggerdev
from flows.parts.triggerdev import AskedTimetable
from runbook import Alert, Evidence, Form, HandOff, Hypothesis, Manual, Refusal, Runbook, Severity, Strength

ON_CALL = "platform on-call"


class Params(Form):
    environment: str = Field(default="medicalcor-prod", min_length=1, description="Saved environment to work on.")


TIMETABLE = AskedTimetable[MedicalCor, Params](
    triggerdev.timetable("medicalcor.h558 medicalcor.h559 medicalcor.h560 medicalcor.p553 medicalcor.p554")
)


def told_by_timetable(
    name: str, claim: str, so: Evidence[MedicalCor, Params], not_so: Evidence[MedicalCor, Params], source: str
) -> Hypothesis[MedicalCor, Params]:
    """A cause that the schedules themselves tell."""
    return Hypothesis(
        name=name,
        claim=claim,
        supported_by=(so,),
        refuted_by=(not_so,),
        strength=((so, Strength.DECISIVE), (not_so, Strength.DECISIVE)),
        source=source,
    )


PAUSED = told_by_timetable(
    "paused", "A schedule is paused.", TIMETABLE.paused, TIMETABLE.none_paused, "medicalcor.h564"
)
MISSING = told_by_timetable(
    "missing", "A task has no schedule.", TIMETABLE.missing, TIMETABLE.none_missing, "medicalcor.h565"
)
OTHER = told_by_timetable(
    "other_times",
    "A schedule is of another timezone, or of other times, than it should be.",
    TIMETABLE.other,
    TIMETABLE.none_other,
    "medicalcor.h566",
)
FAILING = told_by_timetable(
    "runs_fail",
    "Tasks are started in time, and their runs fail or wait.",
    TIMETABLE.fails,
    TIMETABLE.none_fails,
    "medicalcor.h560",
)

RESUME = triggerdev.activate_schedule(PAUSED, by=ON_CALL, validated_by=TIMETABLE.none_paused, source="medicalcor.h564")


def by_hand(
    treats: Hypothesis[MedicalCor, Params],
    title: str,
    why: str,
    *steps: str,
    validated_by: Evidence[MedicalCor, Params],
    source: str,
) -> Manual[MedicalCor, Params]:
    return Manual(
        name=f"mend_{treats.name}",
        title=title,
        treats=treats,
        why_manual=why,
        steps=(
            TIMETABLE.told,
            *steps,
            "Whether what was missed is to be made up for, ask whoever waits for it: a run may be started by hand.",
            "Say that it is done; the schedules are then looked at again.",
        ),
        validated_by=validated_by,
        waits=timedelta(hours=4),
        source=source,
    )


DEPLOY = (
    "Have the tasks deployed from CI, to the environment that is meant: `pnpm run deploy` in `apps/trigger`. `pnpm"
    " deploy` is another command of pnpm's own, and what lies on somebody's machine is not to be deployed."
)

RUNBOOK = Runbook[MedicalCor, Params](
    name="medicalcor.cron_jobs_not_running",
    title="Scheduled jobs do not run",
    about="Daily reports or reminders are missing, since what starts them by the clock does not, or their runs fail.",
    source="medicalcor.cron_jobs_not_running medicalcor.p553 medicalcor.p554",
    version="1",
    severity=Severity.ERROR,
    environment="medicalcor-prod",
    starts_on=("CronJobsNotRunning", "MedicalCorCronJobsNotRunning", "medicalcor-*cron*", "medicalcor-*schedule*"),
    symptom=TIMETABLE.wrong,
    hypotheses=(PAUSED, MISSING, OTHER, FAILING),
    mitigations=(
        HandOff(
            name="jobs_failing",
            title="Find out why their runs fail",
            treats=FAILING,
            to=trigger_jobs_failing.RUNBOOK,
            params=lambda c: {"environment": c.params.environment},
            source="medicalcor.h560",
        ),
        RESUME,
        by_hand(
            PAUSED,
            "Resume what the code of a task declares",
            "a declarative schedule is kept by the code, and only a deployment changes it.",
            "Find out who paused it, and why, before anybody resumes it.",
            DEPLOY,
            validated_by=TIMETABLE.none_paused,
            source="medicalcor.h564",
        ),
        by_hand(
            MISSING,
            "Have the tasks deployed, so that their schedules are there",
            "what is deployed changes all tasks, and comes from CI.",
            "Look whether the last deployment left the task out on purpose.",
            DEPLOY,
            "One that a person had made in the dashboard is made there again.",
            validated_by=TIMETABLE.none_missing,
            source="medicalcor.h565 medicalcor.c565",
        ),
        by_hand(
            OTHER,
            "Give the schedule the times and the timezone that it should have",
            "which times are right, the task's owner says; and the timetable of the environment may be the wrong one.",
            "Ask the owner which is right: the schedule, or the timetable of the environment.",
            "Correct it where it is kept: in the code of the task (`cron`, with `timezone`) or in the dashboard."
            " Without a timezone it is in UTC.",
            validated_by=TIMETABLE.none_other,
            source="medicalcor.h566",
        ),
    ),
    refuses=(
        Refusal(
            what="Deploying by `pnpm deploy` from somebody's machine.",
            why="It is another command of pnpm's own, and fails; and a deployment of what lies there changes every task"
            " in production.",
            source="medicalcor.c565",
        ),
    ),
    escalation=MedicalCor.ON_CALL,
    review_by=date(2027, 6, 1),
)


@runbook_flow(RUNBOOK)
def medicalcor_cron_jobs_not_running(params: Params = Params(), alert: Alert | None = None) -> State[Any]:  # noqa: B008 # frozen
    """Find out why scheduled jobs do not run, and resume what is paused."""
    return follow(RUNBOOK, MedicalCor, params, alert)
