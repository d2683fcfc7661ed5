"""Drills of `medicalcor.redis_connection_failed`: one per cause, a false alarm, a blind run, decoys, and a no."""

from __future__ import annotations

from functools import partial

from journal.facts.words import Ending
from sandbox.drills.drill import Drill
from sandbox.eyes import BLIND
from sandbox.systems.medicalcor.faults.redis_loading import be_ready
from sandbox.systems.medicalcor.faults.redis_unreached import reach_again
from sandbox.systems.medicalcor.project import CACHE
from sandbox.systems.medicalcor.valkey import APPLICATION
from sandbox.systems.medicalcor.world import World

drill = partial(Drill, runbook="medicalcor.redis_connection_failed", alert="MedicalCorRedisConnectionFailed")

PARAMS = {"idle_for": "PT2S"}
"""What `long` means in practice, where nobody waits for ten minutes."""


def mend_network(world: World) -> None:
    """What the owner of the network does."""
    reach_again(world.parts)


def bring_back(world: World) -> None:
    """What Google does."""
    reach_again(world.parts)
    world.parts.project.memorystore.instances[CACHE]["state"] = "READY"


def deploy_password(world: World) -> None:
    """What whoever deploys the newer secret does: the application and Redis know the same password again."""
    valkey = world.parts.valkey
    valkey.does("ACL", "SETUSER", APPLICATION, "resetpass", f">{valkey.passwords[APPLICATION]}")


def take_more_clients(world: World) -> None:
    """What whoever pays for a larger instance does."""
    world.parts.valkey.does("CONFIG", "SET", "maxclients", "200")


def wait(world: World) -> None:
    """What whoever is patient does."""
    be_ready(world.parts)


DRILLS = (
    drill(
        name="network",
        fault="redis_unreached",
        person=mend_network,
        ending=Ending.RESOLVED,
        top="network",
        applied=(),
        healthy=True,
    ),
    drill(
        name="decoy_instance_down_looks_like_network",
        fault="redis_instance_down",
        decoy=True,
        person=bring_back,
        ending=Ending.RESOLVED,
        top="instance_down",
        applied=(),
        healthy=True,
    ),
    drill(
        name="wrong_password",
        fault="redis_password_changed",
        person=deploy_password,
        ending=Ending.RESOLVED,
        top="wrong_password",
        applied=(),
        healthy=True,
    ),
    drill(
        name="idle_clients",
        fault="redis_idle_clients",
        ending=Ending.RESOLVED,
        top="idle_clients",
        applied=("end_idle_clients",),
        healthy=True,
    ),
    drill(
        name="decoy_many_clients_at_work",
        fault="redis_many_clients",
        decoy=True,
        person=take_more_clients,
        ending=Ending.RESOLVED,
        top="many_clients",
        applied=(),
        healthy=True,
    ),
    drill(
        name="not_ready",
        fault="redis_loading",
        person=wait,
        ending=Ending.RESOLVED,
        top="not_ready",
        applied=(),
        healthy=True,
    ),
    drill(
        name="unnamed_rights_lost",
        fault="redis_rights_lost",
        unnamed=True,
        ending=Ending.UNRESOLVED,
        top=None,
        applied=(),
        healthy=False,
    ),
    drill(name="false_alarm", ending=Ending.NOT_REPRODUCED, top=None, applied=(), healthy=True),
    drill(
        name="blind",
        fault="redis_password_changed",
        environment=BLIND,
        ending=Ending.UNRESOLVED,
        top=None,
        applied=(),
        healthy=False,
    ),
    drill(
        name="rejected",
        fault="redis_idle_clients",
        approve=False,
        ending=Ending.UNRESOLVED,
        top="idle_clients",
        applied=(),
        healthy=False,
    ),
)
