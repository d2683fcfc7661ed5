"""Drills of `shop.valkey_memory`: its causes, a no, and a false alarm."""

from __future__ import annotations

from functools import partial

from journal.facts.words import Ending
from sandbox.drills.drill import Drill
from shop.world import PRACTICE, World

drill = partial(Drill, runbook="shop.valkey_memory", alert="ValkeyMemoryFull", environment=PRACTICE)


def trim(world: World) -> None:
    """What the owner of a large key does."""
    with world.facts.valkey() as valkey:
        valkey.unlink("page:search")


def more(world: World) -> None:
    """What whoever pays for the machine does."""
    with world.facts.valkey() as valkey:
        valkey.config_set("maxmemory", "24mb")


DRILLS = (
    drill(
        name="abandoned_carts",
        fault="abandoned_carts",
        ending=Ending.RESOLVED,
        top="abandoned_carts",
        applied=("unlink_abandoned_carts",),
        healthy=True,
    ),
    drill(
        name="rejected",
        fault="abandoned_carts",
        approve=False,
        ending=Ending.UNRESOLVED,
        top="abandoned_carts",
        applied=(),
        healthy=False,
    ),
    drill(
        name="large_key",
        fault="large_key",
        person=trim,
        ending=Ending.RESOLVED,
        top="large_key",
        applied=(),
        healthy=True,
    ),
    drill(
        name="many_carts",
        fault="many_carts",
        person=more,
        ending=Ending.RESOLVED,
        top="honest_load",
        applied=(),
        healthy=True,
    ),
    drill(name="false_alarm", ending=Ending.NOT_REPRODUCED, top=None, applied=(), healthy=True),
)
