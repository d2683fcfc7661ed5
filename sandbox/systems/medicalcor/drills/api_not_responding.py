"""Drills of `medicalcor.api_not_responding`: one per cause, a no, a false alarm, a blind run, and decoys."""

from __future__ import annotations

from functools import partial

from journal.facts.words import Ending
from sandbox.drills.drill import Drill
from sandbox.systems.medicalcor.faults.containers_end import end_with
from sandbox.systems.medicalcor.faults.ingress_closed import open_to_all
from sandbox.systems.medicalcor.faults.no_instance_free import allow_more
from sandbox.systems.medicalcor.faults.role_locked_out import let_in
from sandbox.systems.medicalcor.world import IN_LIFE, IN_LIFE_BLIND, World

drill = partial(Drill, runbook="medicalcor.api_not_responding", alert="ServiceDown", environment=IN_LIFE)


def start_again(world: World) -> None:
    """What the owners of the code do: containers start, and stay."""
    end_with(world.parts, None)


def let_there_be_more(world: World) -> None:
    """What the owners of the service do."""
    allow_more(world.parts)


def open_again(world: World) -> None:
    """What whoever answers for the service does."""
    open_to_all(world.parts)


def let_the_role_in(world: World) -> None:
    """What whoever looks after the database does."""
    let_in(world.parts)


DRILLS = (
    drill(
        name="revision_not_ready",
        fault="revision_not_ready",
        ending=Ending.RESOLVED,
        top="revision_not_ready",
        applied=("send_traffic_back",),
        healthy=True,
    ),
    drill(
        name="rejected",
        fault="revision_not_ready",
        approve=False,
        ending=Ending.UNRESOLVED,
        top="revision_not_ready",
        applied=(),
        healthy=False,
    ),
    drill(
        name="crashing_release",
        fault="revision_crashes",
        ending=Ending.RESOLVED,
        top="crashing_release",
        applied=("leave_crashing_revision",),
        healthy=True,
    ),
    drill(
        name="crash",
        fault="containers_end",
        person=start_again,
        ending=Ending.RESOLVED,
        top="crash",
        applied=(),
        healthy=True,
    ),
    drill(
        name="no_memory",
        fault="memory_too_small",
        person=start_again,
        ending=Ending.RESOLVED,
        top="no_memory",
        applied=(),
        healthy=True,
    ),
    drill(
        name="no_instance",
        fault="no_instance_free",
        person=let_there_be_more,
        ending=Ending.RESOLVED,
        top="no_instance",
        applied=(),
        healthy=True,
    ),
    drill(
        name="secret_missing",
        fault="secret_gone",
        person=start_again,
        ending=Ending.RESOLVED,
        top="secret_missing",
        applied=(),
        healthy=True,
    ),
    drill(
        name="ingress_closed",
        fault="ingress_closed",
        person=open_again,
        ending=Ending.RESOLVED,
        top="not_open",
        applied=(),
        healthy=True,
    ),
    drill(
        name="calling_denied",
        fault="calling_denied",
        person=open_again,
        ending=Ending.RESOLVED,
        top="not_open",
        applied=(),
        healthy=True,
    ),
    drill(
        name="google_fails",
        fault="google_out",
        ending=Ending.RECOVERED,
        top="google_fails",
        applied=(),
        healthy=True,
    ),
    drill(
        name="no_connections",
        fault="slots_taken",
        ending=Ending.HANDED_OFF,
        top="no_connections",
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
        name="unnamed_api_hangs",
        fault="api_hangs",
        unnamed=True,  # its processes take requests and answer none: nothing that Cloud Run tells says why
        ending=Ending.UNRESOLVED,
        top=None,
        applied=(),
        healthy=False,
    ),
    drill(name="false_alarm", fault=None, ending=Ending.NOT_REPRODUCED, top=None, applied=(), healthy=True),
    drill(
        name="blind",
        fault="revision_not_ready",
        environment=IN_LIFE_BLIND,
        ending=Ending.UNRESOLVED,
        top=None,
        applied=(),
        healthy=False,
    ),
    drill(
        name="decoy_release_after_the_crashes",
        fault="containers_end_before_a_release",
        person=start_again,
        decoy=True,
        ending=Ending.RESOLVED,
        top="crash",
        applied=(),
        healthy=True,
    ),
    drill(
        name="decoy_release_as_a_secret_went",
        fault="secret_gone_after_a_release",
        person=start_again,
        decoy=True,
        ending=Ending.RESOLVED,
        top="secret_missing",
        applied=(),
        healthy=True,
    ),
    drill(
        name="decoy_release_as_google_failed",
        fault="google_out_after_a_release",
        decoy=True,
        ending=Ending.RECOVERED,
        top="google_fails",
        applied=(),
        healthy=True,
    ),
    drill(
        name="decoy_failed_deployment_as_no_instance_is_free",
        fault="no_instance_free_as_a_deployment_failed",
        person=let_there_be_more,
        decoy=True,
        ending=Ending.RESOLVED,
        top="no_instance",
        applied=(),
        healthy=True,
    ),
)
