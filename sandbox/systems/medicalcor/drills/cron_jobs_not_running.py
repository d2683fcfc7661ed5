"""Drills of `medicalcor.cron_jobs_not_running`: one per cause, a no, a hand-off, a false alarm, a blind run, decoys."""

from __future__ import annotations

from functools import partial

from journal.facts.words import Ending
from sandbox.drills.drill import Drill
from sandbox.systems.medicalcor.drills._providers import nothing
from sandbox.systems.medicalcor.jobs import schedules
from sandbox.systems.medicalcor.world import IN_LIFE, IN_LIFE_BLIND, World

drill = partial(
    Drill,
    runbook="medicalcor.cron_jobs_not_running",
    alert="CronJobsNotRunning",
    environment=IN_LIFE,
    applied=(),
    ending=Ending.UNRESOLVED,
    top=None,
    healthy=False,
)
resolved = partial(drill, ending=Ending.RESOLVED, healthy=True)


def deployed(world: World) -> None:
    """Somebody deploys the tasks, and with them their schedules."""
    world.parts.trigger.schedules.update({one.id: one for one in schedules()})


DRILLS = (
    resolved(name="paused", fault="schedule_paused", top="paused", applied=("activate_schedule",)),
    resolved(name="paused_in_code", fault="schedule_paused_in_code", person=deployed, top="paused"),
    resolved(name="missing", fault="schedule_missing", person=deployed, top="missing"),
    resolved(name="other_times", fault="schedule_in_utc", person=deployed, top="other_times"),
    drill(name="runs_fail", fault="daily_report_throws", ending=Ending.HANDED_OFF, top="runs_fail"),
    drill(name="rejected", fault="schedule_paused", approve=False, person=nothing, top="paused"),
    drill(name="deployed_in_vain", fault="schedule_missing", person=nothing, top="missing"),
    drill(name="unnamed_nothing_is_started", fault="schedules_stand_still", unnamed=True),
    drill(name="unnamed_called_otherwise", fault="report_called_otherwise", unnamed=True),
    drill(name="false_alarm", ending=Ending.NOT_REPRODUCED, healthy=True),
    drill(name="blind", fault="schedule_paused", environment=IN_LIFE_BLIND),
    drill(
        name="decoy_paused_while_another_is_made",
        fault="schedule_paused_while_another_is_made",
        decoy=True,
        ending=Ending.NOT_REPRODUCED,
        healthy=True,
    ),
    resolved(
        name="decoy_jobs_fail_as_a_schedule_is_paused",
        fault="schedule_paused_as_jobs_fail",
        decoy=True,
        top="paused",
        applied=("activate_schedule",),
        healthy=False,
    ),
)
