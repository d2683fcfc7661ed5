"""MedicalCor's background jobs: what its tasks at Trigger.dev are, how they fail, and what users notice then."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from journal import clock
from sandbox.systems.medicalcor.api.faulty import ApiFault
from sandbox.systems.medicalcor.parts import Parts
from sandbox.triggerdev.kept import Failure, Kept, Schedule, Task

SYNC, SCORING, REMINDERS = "hubspot-sync", "lead-scoring", "appointment-reminders"
REPORT, DAILY = "daily-report", "daily-reminders"
MORNING, EVENING, ZONE = "0 7 * * *", "0 18 * * *", "Europe/Bucharest"
OVERDUE: Final = timedelta(hours=25)
REPEATABLE: Final = (SYNC, SCORING)
"""Whose owners say that a run may be replayed; nobody wants to be reminded twice."""
MENDED: Final = "20261102.1"
LATELY: Final = 5
PATIENCE: Final = timedelta(minutes=10)
"""For how long nobody notices that a job waits."""


def tasks() -> tuple[Task, ...]:
    """As they are in good times."""
    second = timedelta(seconds=1)
    return (
        Task(name=SYNC, every=30 * second, takes=5 * second),
        Task(name=SCORING, every=60 * second, takes=8 * second),
        Task(name=REMINDERS, every=60 * second, takes=3 * second),
        Task(name=REPORT, every=timedelta(hours=24), takes=20 * second),
        Task(name=DAILY, every=timedelta(hours=24), takes=20 * second),
    )


def schedules() -> tuple[Schedule, ...]:
    """When the timetable says, in good times."""
    return (
        Schedule(id="sched_report", task=REPORT, cron=MORNING, timezone=ZONE),
        Schedule(id="sched_reminders", task=DAILY, cron=EVENING, timezone=ZONE, kind="DECLARATIVE"),
    )


def break_(kept: Kept, task: str, failure: Failure) -> None:
    """From now on each run of a task ends so."""
    kept.tasks[task].fails = lambda _task, _run: failure


def mend(kept: Kept, *names: str) -> None:
    """They succeed again, as before or by what somebody has deployed."""
    for name in names or kept.tasks:
        kept.tasks[name].fails = lambda _task, _run: None


def deploy(kept: Kept) -> None:
    """Somebody deploys all tasks anew, and mended."""
    for one in kept.tasks.values():
        one.version = MENDED
    mend(kept)


def complaints(kept: Kept) -> Iterator[str]:
    """What users notice: asked of what is kept, whoever was told what about it."""
    kept.turn()
    made_up = {one.replays for one in kept.runs.values() if one.status == "COMPLETED"}
    for name in kept.tasks:
        mine = [one for one in kept.runs.values() if one.task == name]
        ended = sorted((one for one in mine if one.ended and one.status != "CANCELED"), key=lambda one: one.updated)
        lost = [one for one in ended if one.error and not one.replays and one.id not in made_up]
        if any(one.error for one in ended[-LATELY:]) or (name in REPEATABLE and lost):
            yield f"what {name} does is not done for everybody"
        if any(one.began is None and clock.now() - one.created > PATIENCE for one in mine if not one.over):
            yield f"what {name} does comes late"
    yield from not_started(kept)


def not_started(kept: Kept) -> Iterator[str]:
    """What users miss that comes by the clock: nobody starts it, or not when it should."""
    for one in schedules():
        found = [other for other in kept.schedules.values() if other.task == one.task and other.active]
        if not any((other.cron, other.timezone) == (one.cron, one.timezone) for other in found) or kept.stands_still:
            yield f"{one.task} does not come in time"


def a_day_passes(kept: Kept, *names: str) -> None:
    """The newest runs of these tasks were yesterday, and what should have come since has not."""
    for run in kept.runs.values():
        if run.task in names:
            run.created, run.updated = run.created - timedelta(hours=26), run.updated - timedelta(hours=26)
            run.began, run.ended = run.created, run.updated


@dataclass(kw_only=True)
class JobsFault(ApiFault):
    """One that is seen in the background alone: every request is answered well."""

    @abstractmethod
    def begins(self, parts: Parts) -> None:
        """Break it."""


HUBSPOT_OUT: Final = Failure(name="HubSpotError", message="Request failed with status code 503")
WHATSAPP_OUT: Final = Failure(name="DialogError", message="Request failed with status code 500")
HUBSPOT_SLOW: Final = Failure(name="AxiosError", message="timeout of 60000ms exceeded: ETIMEDOUT, connection timed out")
THROWS: Final = Failure(name="TypeError", message="Cannot read properties of undefined (reading 'Anna Example')")
TOO_LONG: Final = Failure(status="TIMED_OUT", message="trigger.dev internal error (MAX_DURATION_EXCEEDED)")
NO_MEMORY: Final = Failure(status="CRASHED", message="trigger.dev internal error (TASK_PROCESS_OOM_KILLED)")
