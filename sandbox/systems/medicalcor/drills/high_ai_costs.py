"""Drills of `medicalcor.high_ai_costs`: one per cause, a no, one in vain, a false alarm, blind runs, and decoys."""

from __future__ import annotations

from functools import partial

from journal.facts.words import Ending
from sandbox.drills.drill import Drill
from sandbox.systems.medicalcor.api.usage import A_MINUTE, MODEL, TOKENS
from sandbox.systems.medicalcor.world import IN_LIFE, IN_LIFE_BLIND, World

drill = partial(Drill, runbook="medicalcor.high_ai_costs", alert="AISpendHigh", environment=IN_LIFE, applied=())
resolved = partial(drill, ending=Ending.RESOLVED, healthy=True)
unresolved = partial(drill, ending=Ending.UNRESOLVED, healthy=False)
calm = partial(drill, ending=Ending.NOT_REPRODUCED, top=None, healthy=True)
SET = ("set_ai_scoring",)


def go_back(world: World) -> None:
    """What the owners of the application do who are told that calls grew."""
    world.parts.usage.model, world.parts.usage.tokens = MODEL, TOKENS


def campaign_ends(world: World) -> None:
    """Nobody does anything."""
    world.parts.usage.a_minute = A_MINUTE


DRILLS = (
    resolved(name="scoring_loop", fault="scoring_loop", top="scoring_loop", applied=SET),
    unresolved(name="rejected", fault="scoring_loop", approve=False, top="scoring_loop"),
    unresolved(
        name="set_in_vain",
        fault="scoring_loop_that_is_stubborn",
        top="scoring_loop",
        applied=SET,
        own_time=True,
        undone=SET,
    ),
    drill(
        name="more_leads",
        fault="more_leads",
        meanwhile=campaign_ends,
        ending=Ending.RECOVERED,
        top="more_leads",
        healthy=True,
    ),
    resolved(name="larger_calls", fault="larger_model", person=go_back, top="larger_calls"),
    unresolved(
        name="unnamed_asked_thrice",
        fault="leads_scored_thrice",
        unnamed=True,  # as many leads, as large calls, and none comes as often as in a loop
        top=None,
    ),
    unresolved(
        name="unnamed_counted_twice",
        fault="tokens_counted_twice",
        unnamed=True,  # calls are as ever: it is the counter that is wrong
        top=None,
        healthy=True,
    ),
    unresolved(name="usual_not_known", fault="usual_not_known", top=None),
    calm(name="false_alarm", fault=None),
    unresolved(name="blind", fault="scoring_loop", environment=IN_LIFE_BLIND, top=None),
    calm(name="decoy_more_leads_as_in_other_weeks", fault="more_leads_as_usual", decoy=True),
    resolved(
        name="decoy_more_leads_beside_a_loop",
        fault="scoring_loop_while_more_leads_come",
        decoy=True,
        top="scoring_loop",
        applied=SET,
    ),
    resolved(
        name="decoy_another_model_beside_a_loop",
        fault="scoring_loop_with_another_model",
        decoy=True,
        top="scoring_loop",
        applied=SET,
    ),
)
