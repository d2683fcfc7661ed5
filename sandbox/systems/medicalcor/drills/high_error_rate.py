"""Drills of `medicalcor.high_error_rate`: one per cause, a no, a false alarm, a blind run, and decoys."""

from __future__ import annotations

from functools import partial

from journal.facts.words import Ending
from sandbox.drills.drill import Drill, Person
from sandbox.systems.medicalcor.api.providers import recover
from sandbox.systems.medicalcor.faults.code_throws import throw
from sandbox.systems.medicalcor.faults.memory_runs_out import keep
from sandbox.systems.medicalcor.faults.role_locked_out import let_in
from sandbox.systems.medicalcor.world import IN_LIFE, IN_LIFE_BLIND, World

drill = partial(Drill, runbook="medicalcor.high_error_rate", alert="HighErrorRate", environment=IN_LIFE)


def mend(world: World) -> None:
    """What the owners of the code do."""
    throw(world.parts, 0.0)


def let_the_role_in(world: World) -> None:
    """What whoever looks after the database does."""
    let_in(world.parts)


def mend_the_leak(world: World) -> None:
    """What the owners of the code do who are told what takes the memory."""
    keep(world.parts, 0.0)


def wait_for(name: str) -> Person:
    """Somebody waits until a provider has mended it."""

    def waits(world: World) -> None:
        recover(world.parts.api.providers[name])

    return waits


def theirs(name: str) -> Drill:
    return drill(
        name=f"{name}_fails",
        fault=f"{name}_out",
        person=wait_for(name),
        ending=Ending.RESOLVED,
        top=f"{name}_fails",
        applied=(),
        healthy=True,
    )


DRILLS = (
    drill(
        name="bad_release",
        fault="bad_revision",
        ending=Ending.RESOLVED,
        top="bad_release",
        applied=("send_traffic_back",),
        healthy=True,
    ),
    drill(
        name="rejected",
        fault="bad_revision",
        approve=False,
        ending=Ending.UNRESOLVED,
        top="bad_release",
        applied=(),
        healthy=False,
    ),
    drill(
        name="database_down",
        fault="role_locked_out",
        person=let_the_role_in,
        ending=Ending.RESOLVED,
        top="database_down",
        applied=(),
        healthy=True,
    ),
    drill(
        name="no_memory",
        fault="memory_runs_out",
        person=mend_the_leak,
        ending=Ending.RESOLVED,
        top="no_memory",
        applied=(),
        healthy=True,
    ),
    theirs("hubspot"),
    theirs("whatsapp"),
    theirs("stripe"),
    drill(
        name="exception",
        fault="code_throws",
        person=mend,
        ending=Ending.RESOLVED,
        top="exception",
        applied=(),
        healthy=True,
    ),
    drill(
        name="unnamed_limits_not_counted",
        fault="limits_not_counted",
        unnamed=True,  # the page looks at the database and at those who are called, and not at Redis
        ending=Ending.UNRESOLVED,
        top=None,
        applied=(),
        healthy=False,
    ),
    drill(name="false_alarm", fault=None, ending=Ending.NOT_REPRODUCED, top=None, applied=(), healthy=True),
    drill(
        name="blind",
        fault="bad_revision",
        environment=IN_LIFE_BLIND,
        ending=Ending.UNRESOLVED,
        top=None,
        applied=(),
        healthy=False,
    ),
    drill(
        name="decoy_release_after_the_exceptions",
        fault="code_throws_before_a_release",
        person=mend,
        decoy=True,
        ending=Ending.RESOLVED,
        top="exception",
        applied=(),
        healthy=True,
    ),
    drill(
        name="decoy_release_as_hubspot_failed",
        fault="hubspot_out_after_a_release",
        person=wait_for("hubspot"),
        decoy=True,
        ending=Ending.RESOLVED,
        top="hubspot_fails",
        applied=(),
        healthy=True,
    ),
    drill(
        name="decoy_openai_out_as_a_release_failed",
        fault="bad_revision_while_openai_is_out",
        decoy=True,
        ending=Ending.RESOLVED,
        top="bad_release",
        applied=("send_traffic_back",),
        healthy=True,
    ),
    drill(
        name="decoy_memory_full_while_the_database_refuses",
        fault="locked_out_while_memory_is_full",
        person=let_the_role_in,
        decoy=True,
        ending=Ending.RESOLVED,
        top="database_down",
        applied=(),
        healthy=True,
    ),
)
