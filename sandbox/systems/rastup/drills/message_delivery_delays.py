"""Drills of `rastup.message_delivery_delays`: one per cause, a false alarm, a blind run, decoys, and a no."""

from __future__ import annotations

from functools import partial

from journal.facts.words import Ending
from sandbox.drills.drill import Drill
from sandbox.eyes import BLIND
from sandbox.systems.rastup.queueing import USUAL
from sandbox.systems.rastup.world import World

drill = partial(Drill, runbook="rastup.message_delivery_delays", alert="RastupMessagesLate")

PARAMS = {"window": "PT12S", "period": "PT1S", "late_after": "PT3S", "slow_after": "PT1.5S"}
"""In practice an incident is seconds old."""


def mend(world: World) -> None:
    """What the person does who is told what fails: the messages, the processor, or what it calls, are right again."""
    world.parts.aws.set_conditions(USUAL)


DRILLS = (
    drill(
        name="throttled",
        fault="too_few_processors",
        ending=Ending.RESOLVED,
        top="throttled",
        applied=("raise_ceiling",),
        healthy=True,
    ),
    drill(
        name="mapping_off",
        fault="mapping_off",
        ending=Ending.RESOLVED,
        top="mapping_off",
        applied=("enable_mapping",),
        healthy=True,
    ),
    drill(
        name="poison",
        fault="poison_messages",
        person=mend,
        ending=Ending.RESOLVED,
        top="poison",
        applied=(),
        healthy=True,
    ),
    drill(
        name="processor_fails",
        fault="processor_fails",
        person=mend,
        ending=Ending.RESOLVED,
        top="processor_fails",
        applied=(),
        healthy=True,
    ),
    drill(
        name="processor_slow",
        fault="processor_slow",
        person=mend,
        ending=Ending.RESOLVED,
        top="processor_slow",
        applied=(),
        healthy=True,
    ),
    drill(
        name="decoy_burst_that_drains_by_itself",
        fault="burst",
        decoy=True,
        ending=Ending.RECOVERED,
        top="burst",
        applied=(),
        healthy=True,
    ),
    drill(
        name="decoy_burst_nearly_over",
        fault="burst_nearly_over",
        decoy=True,
        ending=Ending.NOT_REPRODUCED,
        top=None,
        applied=(),
        healthy=True,
    ),
    drill(
        name="decoy_empty_and_old",
        fault="emptied_queue",
        decoy=True,
        ending=Ending.NOT_REPRODUCED,
        top=None,
        applied=(),
        healthy=True,
    ),
    drill(
        name="decoy_old_dead_letters",
        fault="too_few_beside_old_dead_letters",
        decoy=True,
        ending=Ending.RESOLVED,
        top="throttled",
        applied=("raise_ceiling",),
        healthy=True,
    ),
    drill(
        name="two_at_once",
        fault="mapping_off_and_too_few",
        also=("throttled",),
        ending=Ending.RESOLVED,
        top="mapping_off",
        applied=("enable_mapping", "raise_ceiling"),
        healthy=True,
    ),
    drill(
        name="unnamed_delayed_messages",
        fault="delayed_messages",
        unnamed=True,
        ending=Ending.UNRESOLVED,
        top=None,
        applied=(),
        healthy=False,
    ),
    drill(name="false_alarm", ending=Ending.NOT_REPRODUCED, top=None, applied=(), healthy=True),
    drill(
        name="blind",
        fault="too_few_processors",
        environment=BLIND,
        ending=Ending.UNRESOLVED,
        top=None,
        applied=(),
        healthy=False,
    ),
    drill(
        name="rejected",
        fault="too_few_processors",
        approve=False,
        ending=Ending.UNRESOLVED,
        top="throttled",
        applied=(),
        healthy=False,
    ),
)
