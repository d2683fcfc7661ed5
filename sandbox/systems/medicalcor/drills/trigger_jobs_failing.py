"""Drills of `medicalcor.trigger_jobs_failing`: one per cause, a no, one in vain, a false alarm, a blind run, decoys."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from journal.facts.words import Ending
from sandbox.drills.drill import Drill
from sandbox.systems.medicalcor.drills._providers import nothing
from sandbox.systems.medicalcor.jobs import REMINDERS, SYNC, deploy, mend
from sandbox.systems.medicalcor.world import IN_LIFE, IN_LIFE_BLIND, World

drill = partial(
    Drill,
    runbook="medicalcor.trigger_jobs_failing",
    alert="TriggerJobsFailing",
    environment=IN_LIFE,
    applied=(),
    ending=Ending.UNRESOLVED,
    top=None,
    healthy=False,
)
resolved = partial(drill, ending=Ending.RESOLVED, healthy=True)
replayed = partial(resolved, applied=("replay_runs",), also=("over",))


def mended(world: World) -> None:
    """Whoever is called has mended it."""
    mend(world.parts.trigger)


def quick_again(world: World) -> None:
    """HubSpot has mended it, and answers at once."""
    world.parts.trigger.tasks[SYNC].takes = timedelta(seconds=5)
    mended(world)


def deployed(world: World) -> None:
    """The owner of the task has deployed it mended."""
    deploy(world.parts.trigger)


def widened(world: World) -> None:
    """Somebody lets more runs go on at once."""
    world.parts.trigger.queues[REMINDERS].limit = 50


DRILLS = (
    replayed(
        name="external_service",
        fault="jobs_hubspot_out",
        meanwhile=mended,
        top="external_service",
    ),
    drill(
        name="external_service_of_a_task_that_is_not_replayed",
        fault="jobs_whatsapp_out",
        meanwhile=mended,
        ending=Ending.RECOVERED,
        top="external_service",
        healthy=True,
    ),
    replayed(name="code", fault="jobs_code_throws", person=deployed, top="code"),
    resolved(name="timeout", fault="jobs_time_out", person=deployed, top="timeout"),
    resolved(name="memory", fault="jobs_out_of_memory", person=deployed, top="memory"),
    resolved(name="too_few_at_once", fault="jobs_queue_full", person=widened, top="too_few_at_once"),
    resolved(name="over", fault="jobs_failed_and_over", top="over", applied=("replay_runs",)),
    drill(name="rejected", fault="jobs_failed_and_over", approve=False, top="over"),
    drill(name="mended_in_vain", fault="jobs_time_out", person=nothing, top="timeout"),
    drill(name="unnamed_queue_paused", fault="jobs_queue_paused", unnamed=True),  # the page knows no pause
    drill(name="false_alarm", ending=Ending.NOT_REPRODUCED, healthy=True),
    drill(name="blind", fault="jobs_code_throws", environment=IN_LIFE_BLIND),
    replayed(
        name="decoy_page_red_as_the_code_throws",
        fault="jobs_code_throws_as_a_page_is_red",
        decoy=True,
        person=deployed,
        top="code",
    ),
    replayed(
        name="decoy_release_as_hubspot_failed",
        fault="jobs_hubspot_out_after_a_release",
        decoy=True,
        meanwhile=mended,
        top="external_service",
    ),
    replayed(
        name="decoy_queue_full_as_hubspot_is_slow",
        fault="jobs_hubspot_slow_and_queue_full",
        decoy=True,
        meanwhile=quick_again,
        top="external_service",
    ),
)
