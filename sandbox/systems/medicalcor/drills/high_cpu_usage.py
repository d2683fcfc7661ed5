"""Drills of `medicalcor.high_cpu_usage`: one per cause, a no, a false alarm, a blind run, and decoys."""

from __future__ import annotations

from functools import partial

from journal.facts.words import Ending
from sandbox.drills.drill import Drill
from sandbox.systems.medicalcor.drills._providers import deploy
from sandbox.systems.medicalcor.faults.instance_spins import begin_anew
from sandbox.systems.medicalcor.faults.no_instance_free import allow_more
from sandbox.systems.medicalcor.world import IN_LIFE, IN_LIFE_BLIND, World

drill = partial(Drill, runbook="medicalcor.high_cpu_usage", alert="HighCPUUsage", environment=IN_LIFE, applied=())
resolved = partial(drill, ending=Ending.RESOLVED, healthy=True)
unresolved = partial(drill, ending=Ending.UNRESOLVED, healthy=False)


def let_there_be_more(world: World) -> None:
    """What the owners of the service do."""
    allow_more(world.parts)


def restart(world: World) -> None:
    """Somebody deploys the same code once more."""
    begin_anew(world.parts)


DRILLS = (
    resolved(name="bad_release", fault="hot_revision", top="bad_release", applied=("send_traffic_back",)),
    unresolved(name="rejected", fault="hot_revision", approve=False, top="bad_release"),
    resolved(name="traffic", fault="traffic_spike", person=let_there_be_more, top="traffic"),
    resolved(name="hot_path", fault="code_takes_cpu", person=deploy, top="hot_path"),
    resolved(name="loop", fault="instance_spins", person=restart, top="loop"),
    drill(name="garbage", fault="memory_nearly_full", ending=Ending.HANDED_OFF, top="garbage", healthy=False),
    unresolved(
        name="unnamed_instances_lowered",
        fault="instances_lowered",
        unnamed=True,  # no more comes and a request takes what it did: the page has no word for fewer instances
        top=None,
    ),
    drill(name="false_alarm", fault=None, ending=Ending.NOT_REPRODUCED, top=None, healthy=True),
    unresolved(name="blind", fault="hot_revision", environment=IN_LIFE_BLIND, top=None),
    drill(
        name="decoy_traffic_that_is_over",
        fault="traffic_came_and_went",
        decoy=True,
        ending=Ending.NOT_REPRODUCED,
        top=None,
        healthy=True,
    ),
    resolved(
        name="decoy_release_before_the_traffic",
        fault="traffic_spike_after_a_release",
        person=let_there_be_more,
        decoy=True,
        top="traffic",
    ),
    resolved(
        name="decoy_release_after_the_hot_path",
        fault="code_takes_cpu_before_a_release",
        person=deploy,
        decoy=True,
        top="hot_path",
    ),
    resolved(
        name="decoy_much_comes_while_one_spins",
        fault="instance_spins_while_much_comes",
        person=restart,
        decoy=True,
        top="loop",
    ),
)
