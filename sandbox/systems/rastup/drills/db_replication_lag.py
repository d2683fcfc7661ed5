"""Drills of `rastup.db_replication_lag`: one per cause, false alarms, a blind run, a decoy, and a no.

Its servers live by the machine's time, so what is late in practice is late by half a second.
"""

from __future__ import annotations

from functools import partial

from journal.facts.words import Ending
from sandbox.drills.drill import Drill
from sandbox.eyes import BLIND
from sandbox.simulators import IDLE
from sandbox.systems.rastup.world import World

drill = partial(Drill, runbook="rastup.db_replication_lag", alert="RastupReplicationLag")

PARAMS = {
    "lag_above": "PT0.5S",
    "replay_watched_for": "PT2S",
    "holding_for": "PT0.2S",
    "window": "PT20S",
    "period": "PT1S",
}


def connect(world: World) -> None:
    """What the person does who is told that the replica receives nothing."""
    world.parts.replica.connect()
    world.parts.replica.catch_up()


def enlarge(world: World) -> None:
    """What the person does who is told that the replica is too small."""
    world.parts.told.cpu = IDLE
    world.parts.replica.release()
    world.parts.replica.catch_up()


DRILLS = (
    drill(
        name="replay_paused",
        fault="replay_paused",
        ending=Ending.RESOLVED,
        top="replay_paused",
        applied=("resume_replay",),
        healthy=True,
    ),
    drill(
        name="replay_held",
        fault="replay_held",
        ending=Ending.RESOLVED,
        top="replay_held",
        applied=("end_holders",),
        healthy=True,
    ),
    drill(
        name="write_burst",
        fault="write_burst",
        ending=Ending.RECOVERED,
        top="write_burst",
        applied=(),
        healthy=True,
    ),
    drill(
        name="replica_cut_off",
        fault="replica_cut_off",
        person=connect,
        ending=Ending.RESOLVED,
        top="replica_cut_off",
        applied=(),
        healthy=True,
    ),
    drill(
        name="replica_too_small",
        fault="replica_too_small",
        person=enlarge,
        ending=Ending.RESOLVED,
        top="replica_too_small",
        applied=(),
        healthy=True,
    ),
    drill(
        name="decoy_paused_while_a_report_keeps_it_busy",
        fault="replay_paused_while_a_report_runs",
        decoy=True,
        ending=Ending.RESOLVED,
        top="replay_paused",
        applied=("resume_replay",),
        healthy=True,
    ),
    drill(
        name="unnamed_replay_stands_still",
        fault="replay_stands_still",
        unnamed=True,
        ending=Ending.UNRESOLVED,
        top=None,
        applied=(),
        healthy=False,
    ),
    drill(name="false_alarm", ending=Ending.NOT_REPRODUCED, top=None, applied=(), healthy=True),
    drill(
        name="conflict_that_is_over",
        fault="conflict_over",
        ending=Ending.NOT_REPRODUCED,
        top=None,
        applied=(),
        healthy=True,
    ),
    drill(
        name="blind",
        fault="replay_paused",
        environment=BLIND,
        ending=Ending.UNRESOLVED,
        top=None,
        applied=(),
        healthy=False,
    ),
    drill(
        name="rejected",
        fault="replay_paused",
        approve=False,
        ending=Ending.UNRESOLVED,
        top="replay_paused",
        applied=(),
        healthy=False,
    ),
)
