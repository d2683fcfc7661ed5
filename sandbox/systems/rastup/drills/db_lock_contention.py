"""Drills of `rastup.db_lock_contention`: one per cause, a false alarm, a blind run, a decoy, and a no."""

from __future__ import annotations

from functools import partial

from journal.facts.words import Ending
from sandbox.drills.drill import Drill
from sandbox.eyes import BLIND
from sandbox.systems.rastup.world import World

drill = partial(Drill, runbook="rastup.db_lock_contention", alert="RastupLockContention")

PARAMS = {"slow_after": "PT0.05S", "watched_for": "PT1S", "blocking_for": "PT2S"}
"""In practice nobody waits for a second, and an answer that takes 100 ms is late."""


def ask_the_provider(world: World) -> None:
    """What the person does who is told whose session holds the locks."""
    world.heal()


DRILLS = (
    drill(
        name="own_session_holds",
        fault="lock_contention",
        ending=Ending.RESOLVED,
        top="own_session_holds",
        applied=("end_blockers",),
        healthy=True,
    ),
    drill(
        name="change_in_the_queue",
        fault="change_behind_a_read",
        ending=Ending.RESOLVED,
        top="change_in_the_queue",
        applied=("cancel_queueing",),
        healthy=True,
    ),
    drill(
        name="somebody_else_holds",
        fault="lock_of_provider",
        person=ask_the_provider,
        ending=Ending.RESOLVED,
        top="somebody_else_holds",
        applied=(),
        healthy=True,
    ),
    drill(
        name="decoy_innocent_writer",
        fault="innocent_writer",
        decoy=True,  # the page's own query names it
        ending=Ending.RESOLVED,
        top="own_session_holds",
        applied=("end_blockers",),
        healthy=True,
    ),
    drill(
        name="unnamed_hot_rows",
        fault="hot_rows",
        unnamed=True,
        ending=Ending.UNRESOLVED,
        top=None,
        applied=(),
        healthy=False,
    ),
    drill(name="false_alarm", ending=Ending.NOT_REPRODUCED, top=None, applied=(), healthy=True),
    drill(
        name="blind",
        fault="lock_contention",
        environment=BLIND,
        ending=Ending.UNRESOLVED,
        top=None,
        applied=(),
        healthy=False,
    ),
    drill(
        name="rejected",
        fault="lock_contention",
        approve=False,
        ending=Ending.UNRESOLVED,
        top="own_session_holds",
        applied=(),
        healthy=False,
    ),
)
