"""Drills of `medicalcor.ai_scoring_failing`: one per cause, one in vain, a false alarm, a blind run, and decoys."""

from __future__ import annotations

from functools import partial

from journal.facts.words import Ending
from sandbox.drills.drill import Drill
from sandbox.systems.medicalcor.drills._providers import deploy, mended, nothing
from sandbox.systems.medicalcor.world import IN_LIFE, IN_LIFE_BLIND

drill = partial(
    Drill, runbook="medicalcor.ai_scoring_failing", alert="AIServiceDegraded", environment=IN_LIFE, applied=()
)
resolved = partial(drill, ending=Ending.RESOLVED, person=mended("openai"), healthy=True)
recovered = partial(drill, ending=Ending.RECOVERED, meanwhile=mended("openai"), healthy=True)

DRILLS = (
    recovered(name="openai_down", fault="openai_out", top="openai_down"),
    resolved(name="rate_limited", fault="openai_limited", top="rate_limited"),
    resolved(name="credit_spent", fault="openai_spent", top="credit_spent"),
    resolved(name="key_rejected", fault="openai_key_rejected", top="key_rejected"),
    resolved(name="requests_too_large", fault="openai_slow", top="requests_too_large"),
    resolved(name="breaker_stuck", fault="openai_breaker_stuck", person=deploy, top="breaker_stuck"),
    drill(
        name="key_renewed_in_vain",
        fault="openai_key_rejected",
        person=nothing,
        ending=Ending.UNRESOLVED,
        top="key_rejected",
        healthy=False,
    ),
    drill(
        name="unnamed_answers_not_understood",
        fault="openai_misread",
        unnamed=True,  # no call fails: what the API makes of the answers is no cause of this page
        ending=Ending.UNRESOLVED,
        top=None,
        healthy=False,
    ),
    drill(name="false_alarm", fault=None, ending=Ending.NOT_REPRODUCED, top=None, healthy=True),
    drill(
        name="blind",
        fault="openai_out",
        environment=IN_LIFE_BLIND,
        ending=Ending.UNRESOLVED,
        top=None,
        healthy=False,
    ),
    drill(
        name="decoy_page_red_and_calls_succeed",
        fault="openai_page_red",
        decoy=True,
        ending=Ending.NOT_REPRODUCED,
        top=None,
        healthy=True,
    ),
    resolved(
        name="decoy_page_red_as_the_key_is_rejected",
        fault="openai_key_rejected_as_its_page_is_red",
        decoy=True,
        top="key_rejected",
    ),
    resolved(
        name="decoy_page_red_as_too_much_is_asked",
        fault="openai_limited_as_its_page_is_red",
        decoy=True,
        top="rate_limited",
    ),
    recovered(
        name="decoy_timeouts_as_the_page_is_red",
        fault="openai_slow_as_its_page_says",
        decoy=True,
        top="openai_down",
    ),
    resolved(
        name="decoy_page_red_as_the_breaker_is_stuck",
        fault="openai_breaker_stuck_as_its_page_is_red",
        person=deploy,
        decoy=True,
        top="breaker_stuck",
    ),
)
