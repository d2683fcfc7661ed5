"""Drills of `rastup.db_connection_pool_exhausted`: one per cause, a false alarm, a blind run, decoys, and a no."""

from __future__ import annotations

from functools import partial

from journal.facts.words import Ending
from sandbox.drills.drill import Drill
from sandbox.eyes import BLIND
from sandbox.guests import set_limit
from sandbox.systems.rastup.parts import USUAL
from sandbox.systems.rastup.schema import ROLES
from sandbox.systems.rastup.world import World

drill = partial(Drill, runbook="rastup.db_connection_pool_exhausted", alert="RastupConnectionPoolExhausted")

PARAMS = {"idle_for": "PT2S", "open_for": "PT2S", "active_for": "PT3S", "watched_for": "PT0.4S"}
"""What `long` means in practice, where nobody waits for half an hour."""


def deploy_smaller_pools(world: World) -> None:
    """What the person does who is told that the pools are too large."""
    world.parts.deploy(USUAL)


def stop_foreign_clients(world: World) -> None:
    """What the person does who is told whose the sessions are."""
    world.heal()


def lift_limit(world: World) -> None:
    """What the person does who is told that the role has a limit of its own."""
    set_limit(world.parts.postgres.address, ROLES.application, -1)


DRILLS = (
    drill(
        name="idle_leak",
        fault="idle_leak",
        ending=Ending.RESOLVED,
        top="idle_leak",
        applied=("end_idle_sessions",),
        healthy=True,
    ),
    drill(
        name="idle_in_transaction",
        fault="idle_in_transaction",
        ending=Ending.RESOLVED,
        top="idle_in_transaction",
        applied=("end_idle_transactions",),
        healthy=True,
    ),
    drill(
        name="long_queries",
        fault="long_queries",
        ending=Ending.RESOLVED,
        top="long_queries",
        applied=("stop_long_queries",),
        healthy=True,
    ),
    drill(
        name="oversized_pools",
        fault="oversized_pools",
        person=deploy_smaller_pools,
        ending=Ending.RESOLVED,
        top="oversized_pools",
        applied=(),
        healthy=True,
    ),
    drill(
        name="honest_load",
        fault="honest_load",
        ending=Ending.RESOLVED,
        top="honest_load",
        applied=("raise_max_connections", "reboot_instance"),
        healthy=True,
    ),
    drill(
        name="other_database_leaks",
        fault="other_database_leaks",
        person=stop_foreign_clients,
        ending=Ending.RESOLVED,
        top="other_sessions",
        applied=(),
        healthy=True,
    ),
    drill(
        name="other_role_leaks",
        fault="other_role_leaks",
        person=stop_foreign_clients,
        ending=Ending.RESOLVED,
        top="other_sessions",
        applied=(),
        healthy=True,
    ),
    drill(
        name="role_limit",
        fault="role_limit",
        person=lift_limit,
        ending=Ending.RESOLVED,
        top="own_limit",
        applied=(),
        healthy=True,
    ),
    drill(
        name="decoy_leak_and_queries",
        fault="leak_and_long_queries",
        decoy=True,
        also=("long_queries",),
        ending=Ending.RESOLVED,
        top="idle_leak",
        applied=("end_idle_sessions", "stop_long_queries"),
        healthy=True,
    ),
    drill(
        name="decoy_large_pools_that_hold_little",
        fault="large_pools_behind_leak",
        decoy=True,
        ending=Ending.RESOLVED,
        top="idle_leak",
        applied=("end_idle_sessions",),
        healthy=True,
    ),
    drill(
        name="unnamed_pinged_leak",
        fault="pinged_leak",
        unnamed=True,
        ending=Ending.UNRESOLVED,
        top=None,
        applied=(),
        healthy=False,
    ),
    drill(name="false_alarm", ending=Ending.NOT_REPRODUCED, top=None, applied=(), healthy=True),
    drill(
        name="blind",
        fault="idle_leak",
        environment=BLIND,
        ending=Ending.UNRESOLVED,
        top=None,
        applied=(),
        healthy=False,
    ),
    drill(
        name="rejected",
        fault="idle_leak",
        approve=False,
        ending=Ending.UNRESOLVED,
        top="idle_leak",
        applied=(),
        healthy=False,
    ),
)
