"""Drills of `medicalcor.slow_response_times`: one per cause, a no, a false alarm, a blind run, and decoys."""

from __future__ import annotations

from functools import partial

from journal.facts.words import Ending
from sandbox.drills.drill import Drill, Person
from sandbox.systems.medicalcor.api.providers import recover
from sandbox.systems.medicalcor.faults.memory_nearly_full import give_more
from sandbox.systems.medicalcor.faults.no_instance_free import allow_more
from sandbox.systems.medicalcor.world import IN_LIFE, IN_LIFE_BLIND, World

drill = partial(Drill, runbook="medicalcor.slow_response_times", alert="SlowResponses", environment=IN_LIFE)

PARAMS = {"slow_after": "PT0.05S", "watched_for": "PT1S"}
"""In practice nobody waits for a second for a statement."""


def let_there_be_more(world: World) -> None:
    """What the owners of the service do."""
    allow_more(world.parts)


def give_memory(world: World) -> None:
    """What the owners of the service do who are told that it collects garbage all the time."""
    give_more(world.parts)


def keep_one(world: World) -> None:
    """What the owners of the service do who are told of its starts."""
    world.parts.api.service.least = 1


def quick_again(name: str) -> Person:
    """A provider mends it."""

    def mends(world: World) -> None:
        recover(world.parts.api.providers[name])

    return mends


def theirs(name: str) -> Drill:
    """It is waited for in vain first."""
    return drill(
        name=f"{name}_slow",
        fault=f"{name}_late",
        person=quick_again(name),
        ending=Ending.RESOLVED,
        top=f"{name}_slow",
        applied=(),
        healthy=True,
    )


def ends_by_itself(name: str) -> Drill:
    return drill(
        name=f"{name}_is_quick_again",
        fault=f"{name}_late_for_a_while",
        ending=Ending.RECOVERED,
        top=f"{name}_slow",
        applied=(),
        healthy=True,
    )


DRILLS = (
    drill(
        name="slow_database",
        fault="slow_statements",
        ending=Ending.HANDED_OFF,
        top="slow_database",
        applied=(),
        healthy=False,
    ),
    theirs("openai"),
    theirs("hubspot"),
    theirs("whatsapp"),
    theirs("stripe"),
    ends_by_itself("openai"),
    ends_by_itself("hubspot"),
    ends_by_itself("whatsapp"),
    drill(
        name="traffic",
        fault="traffic_spike",
        person=let_there_be_more,
        ending=Ending.RESOLVED,
        top="traffic",
        applied=(),
        healthy=True,
    ),
    drill(
        name="memory_pressure",
        fault="memory_nearly_full",
        person=give_memory,
        ending=Ending.RESOLVED,
        top="memory_pressure",
        applied=(),
        healthy=True,
    ),
    drill(
        name="cold_starts",
        fault="instances_none_kept",
        person=keep_one,
        ending=Ending.RESOLVED,
        top="cold_starts",
        applied=(),
        healthy=True,
    ),
    drill(
        name="slow_release",
        fault="slow_revision",
        ending=Ending.RESOLVED,
        top="slow_release",
        applied=("send_traffic_back",),
        healthy=True,
    ),
    drill(
        name="rejected",
        fault="slow_revision",
        approve=False,
        ending=Ending.UNRESOLVED,
        top="slow_release",
        applied=(),
        healthy=False,
    ),
    drill(
        name="unnamed_code_is_slow",
        fault="code_is_slow",
        unnamed=True,  # no release brought it, and the page has no word for code that grew slow by what it is sent
        ending=Ending.UNRESOLVED,
        top=None,
        applied=(),
        healthy=False,
    ),
    drill(name="false_alarm", fault=None, ending=Ending.NOT_REPRODUCED, top=None, applied=(), healthy=True),
    drill(
        name="blind",
        fault="slow_revision",
        environment=IN_LIFE_BLIND,
        ending=Ending.UNRESOLVED,
        top=None,
        applied=(),
        healthy=False,
    ),
    drill(
        name="decoy_release_as_hubspot_slowed_down",
        fault="hubspot_late_after_a_release",
        person=quick_again("hubspot"),
        decoy=True,
        ending=Ending.RESOLVED,
        top="hubspot_slow",
        applied=(),
        healthy=True,
    ),
    drill(
        name="decoy_cold_starts_while_stripe_is_slow",
        fault="stripe_late_as_instances_start",
        decoy=True,
        ending=Ending.RECOVERED,
        top="stripe_slow",
        applied=(),
        healthy=True,
    ),
    drill(
        name="decoy_much_comes_while_the_database_is_slow",
        fault="slow_statements_while_much_comes",
        decoy=True,
        ending=Ending.HANDED_OFF,
        top="slow_database",
        applied=(),
        healthy=False,
    ),
)
