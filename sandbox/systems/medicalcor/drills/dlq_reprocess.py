"""Drills of `medicalcor.dlq_reprocess`: one per cause, a canary that fails, a false alarm, a blind run, a no, a decoy.

Items without an id lie there in each of them, and are left.
"""

from __future__ import annotations

from functools import partial

from journal.facts.words import Ending
from sandbox.drills.drill import Drill
from sandbox.systems.medicalcor.drills._providers import mended
from sandbox.systems.medicalcor.faults.dead_letters import DEAD
from sandbox.systems.medicalcor.worker import understood
from sandbox.systems.medicalcor.world import IN_LIFE, IN_LIFE_BLIND, World

drill = partial(Drill, runbook="medicalcor.dlq_reprocess", alert="MedicalCorDeadLetters", environment=IN_LIFE)


def understand(world: World) -> None:
    """What the owners of the code do: they mend it, and have it process what lies there by its own means."""
    world.parts.worker.understands = understood
    world.parts.valkey.does("DEL", DEAD)


def mend_whatsapp_then_letters(world: World) -> None:
    """What its people do who are asked first, and then the owners of the code."""
    if world.parts.api.providers["whatsapp"].fails:
        mended("whatsapp")(world)
    else:
        understand(world)


DRILLS = (
    drill(
        name="left_over",
        fault="letters_left_over",
        ending=Ending.RESOLVED,
        top="left_over",
        applied=("process_again",),
        healthy=True,
    ),
    drill(
        name="still_failing",
        fault="letters_still_come",
        person=mended("whatsapp"),
        ending=Ending.RESOLVED,
        top="still_failing",
        also=("left_over",),  # once it is mended
        applied=("process_again",),
        healthy=True,
    ),
    drill(
        name="fail_again",
        fault="letters_came_back",
        person=understand,
        ending=Ending.RESOLVED,
        top="fail_again",
        applied=(),
        healthy=True,
    ),
    drill(
        name="canary_fails",
        fault="letters_not_understood",
        person=understand,
        ending=Ending.RESOLVED,
        top="left_over",  # nobody sees what is wrong with them before five were processed again
        also=("fail_again",),
        applied=(),
        stopped=("process_again",),
        healthy=True,
    ),
    drill(
        name="some_come_back",
        fault="letters_partly_not_understood",
        person=understand,
        ending=Ending.RESOLVED,
        top="left_over",
        also=("fail_again",),
        applied=("process_again",),
        healthy=True,
    ),
    drill(
        name="whatsapp_fails_again_meanwhile",
        fault="letters_left_over_as_whatsapp_fails_again",
        person=mend_whatsapp_then_letters,
        ending=Ending.RESOLVED,
        top="left_over",  # nobody knows beforehand that it will fail again
        also=("still_failing", "fail_again"),
        applied=(),
        stopped=("process_again",),
        healthy=True,
    ),
    drill(
        name="unnamed_letters_of_a_job",
        fault="letters_of_a_job",
        unnamed=True,  # the page is about webhooks, and those are well
        ending=Ending.UNRESOLVED,
        top=None,
        applied=(),
        healthy=False,
    ),
    drill(name="false_alarm", fault=None, ending=Ending.NOT_REPRODUCED, top=None, applied=(), healthy=True),
    drill(
        name="blind",
        fault="letters_left_over",
        environment=IN_LIFE_BLIND,
        ending=Ending.UNRESOLVED,
        top=None,
        applied=(),
        healthy=False,
    ),
    drill(
        name="rejected",
        fault="letters_left_over",
        approve=False,
        ending=Ending.UNRESOLVED,
        top="left_over",
        applied=(),
        healthy=False,
    ),
    drill(
        name="decoy_openai_out_as_letters_are_left",
        fault="letters_left_over_as_openai_is_out",
        decoy=True,
        ending=Ending.RESOLVED,
        top="left_over",
        applied=("process_again",),
        healthy=True,
    ),
)
