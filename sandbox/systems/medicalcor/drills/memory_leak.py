"""Drills of `medicalcor.memory_leak`: one per cause, a no, a false alarm, a blind run, and decoys."""

from __future__ import annotations

from functools import partial

from journal.facts.words import Ending
from sandbox.drills.drill import Drill
from sandbox.systems.medicalcor.api import leaking
from sandbox.systems.medicalcor.faults.no_instance_free import allow_more
from sandbox.systems.medicalcor.project import INSTANCES
from sandbox.systems.medicalcor.world import IN_LIFE, IN_LIFE_BLIND, World

drill = partial(Drill, runbook="medicalcor.memory_leak", alert="MedicalCorMemoryLeak", environment=IN_LIFE)


def mend(world: World) -> None:
    """What the owners of the code do who are told what grows."""
    leaking.mended(world.parts)


def enlarge(world: World) -> None:
    """What whoever pays for the service does."""
    leaking.enlarge(world.parts)


def spread(world: World) -> None:
    """What whoever pays for the service does who has held the pools against the database."""
    world.parts.api.each = INSTANCES
    allow_more(world.parts)


DRILLS = (
    drill(
        name="bad_release",
        fault="leaking_revision",
        ending=Ending.RESOLVED,
        top="bad_release",
        applied=("send_traffic_back",),
        healthy=True,
    ),
    drill(
        name="rejected",
        fault="leaking_revision",
        approve=False,
        ending=Ending.UNRESOLVED,
        top="bad_release",
        applied=(),
        healthy=False,
    ),
    drill(
        name="leak",
        fault="memory_leaks",
        person=mend,
        ending=Ending.RESOLVED,
        top="leak",
        applied=(),
        healthy=True,
    ),
    drill(
        name="leak_within_seconds",
        fault="memory_runs_out",
        person=mend,
        ending=Ending.RESOLVED,
        top="leak",
        applied=(),
        healthy=True,
    ),
    drill(
        name="left_open",
        fault="sessions_left_open",
        ending=Ending.HANDED_OFF,
        top="left_open",
        applied=(),
        healthy=False,
    ),
    drill(
        name="more_traffic",
        fault="memory_follows_traffic",
        person=spread,
        ending=Ending.RESOLVED,
        top="more_traffic",
        applied=(),
        healthy=True,
    ),
    drill(
        name="too_small",
        fault="larger_revision",
        person=enlarge,
        decoy=True,  # as young as a release that leaks
        ending=Ending.RESOLVED,
        top="too_small",
        applied=(),
        healthy=True,
    ),
    drill(
        name="unnamed_large_uploads",
        fault="large_uploads",
        unnamed=True,  # between the files memory is as it always was
        ending=Ending.UNRESOLVED,
        top=None,
        applied=(),
        healthy=False,
    ),
    drill(name="false_alarm", fault=None, ending=Ending.NOT_REPRODUCED, top=None, applied=(), healthy=True),
    drill(
        name="blind",
        fault="leaking_revision",
        environment=IN_LIFE_BLIND,
        ending=Ending.UNRESOLVED,
        top=None,
        applied=(),
        healthy=False,
    ),
    drill(
        name="decoy_traffic_that_is_over",
        fault="memory_followed_traffic",
        decoy=True,
        ending=Ending.NOT_REPRODUCED,
        top=None,
        applied=(),
        healthy=True,
    ),
    drill(
        name="decoy_larger_revision_with_room",
        fault="larger_revision_with_room",
        decoy=True,
        ending=Ending.NOT_REPRODUCED,
        top=None,
        applied=(),
        healthy=True,
    ),
    drill(
        name="decoy_release_after_the_leak",
        fault="memory_leaks_before_a_release",
        person=mend,
        decoy=True,
        ending=Ending.RESOLVED,
        top="leak",
        applied=(),
        healthy=True,
    ),
    drill(
        name="decoy_leak_while_traffic_doubled",
        fault="leak_while_traffic_doubled",
        person=mend,
        decoy=True,
        ending=Ending.RESOLVED,
        top="leak",
        applied=(),
        healthy=True,
    ),
)
