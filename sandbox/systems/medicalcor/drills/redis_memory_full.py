"""Drills of `medicalcor.redis_memory_full`: one per cause, a false alarm, a blind run, decoys, and a no."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import cast

from journal.facts.words import Ending
from sandbox.drills.drill import Drill
from sandbox.eyes import BLIND
from sandbox.systems.medicalcor.faults.dead_letters import DEAD
from sandbox.systems.medicalcor.valkey import MB
from sandbox.systems.medicalcor.world import World

drill = partial(Drill, runbook="medicalcor.redis_memory_full", alert="MedicalCorRedisMemoryFull")


def process_letters(world: World) -> None:
    """What whoever answers for the webhooks does."""
    world.parts.valkey.does("UNLINK", DEAD)


def let_sessions_expire(world: World) -> None:
    """What the owner of the sessions does."""
    owner = world.parts.valkey.owner
    with owner.pipeline(transaction=False) as many:
        for name in cast("Iterator[bytes]", owner.scan_iter("session:login:*", count=1000)):
            many.pexpire(name, 1)
        many.execute()


def enlarge(world: World) -> None:
    """What whoever pays for the instance does."""
    world.parts.valkey.does("CONFIG", "SET", "maxmemory", str(64 * MB))


DRILLS = (
    drill(
        name="rate_limits",
        fault="rate_limit_keys",
        ending=Ending.RESOLVED,
        top="rate_limits",
        applied=("unlink_prefix",),
        healthy=True,
    ),
    drill(
        name="decoy_dead_letters_behind_many_counters",
        fault="dead_letters",
        decoy=True,
        person=process_letters,
        ending=Ending.RESOLVED,
        top="dead_letters",
        applied=(),
        healthy=True,
    ),
    drill(
        name="no_expiry",
        fault="sessions_never_expire",
        person=let_sessions_expire,
        ending=Ending.RESOLVED,
        top="no_expiry",
        applied=(),
        healthy=True,
    ),
    drill(
        name="too_small",
        fault="outgrown",
        person=enlarge,
        ending=Ending.RESOLVED,
        top="too_small",
        applied=(),
        healthy=True,
    ),
    drill(
        name="unnamed_slow_subscriber",
        fault="slow_subscriber",
        unnamed=True,
        ending=Ending.UNRESOLVED,
        top=None,
        applied=(),
        healthy=False,
    ),
    drill(name="false_alarm", ending=Ending.NOT_REPRODUCED, top=None, applied=(), healthy=True),
    drill(
        name="blind",
        fault="rate_limit_keys",
        environment=BLIND,
        ending=Ending.UNRESOLVED,
        top=None,
        applied=(),
        healthy=False,
    ),
    drill(
        name="rejected",
        fault="rate_limit_keys",
        approve=False,
        ending=Ending.UNRESOLVED,
        top="rate_limits",
        applied=(),
        healthy=False,
    ),
)
