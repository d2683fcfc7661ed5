"""Drills of `medicalcor.triage`: it finds whose problem it is and hands over; a deeper problem comes first."""

from __future__ import annotations

from functools import partial

from journal.facts.words import Ending
from sandbox.drills.drill import Drill
from sandbox.systems.medicalcor.world import IN_LIFE, IN_LIFE_BLIND

drill = partial(Drill, runbook="medicalcor.triage", alert="MedicalCorTriage", environment=IN_LIFE, applied=())
handed = partial(drill, ending=Ending.HANDED_OFF, healthy=False)

PARAMS = {"slow_after": "PT0.05S", "watched_for": "PT1S"}

DRILLS = (
    handed(name="connection_pool_exhausted", fault="idle_leak", top="connection_pool_exhausted"),
    handed(name="redis_memory_full", fault="rate_limit_keys", top="redis_memory_full"),
    handed(name="redis_connection_failed", fault="redis_many_clients", top="redis_connection_failed"),
    handed(name="high_error_rate", fault="bad_revision", top="high_error_rate"),
    handed(name="api_not_responding", fault="revision_crashes", top="api_not_responding"),
    handed(name="ai_scoring_failing", fault="openai_out", top="ai_scoring_failing"),
    handed(name="slow_queries", fault="missing_index", top="slow_queries"),
    handed(name="memory_leak", fault="memory_leaks", top="memory_leak"),
    handed(name="decoy_hubspot_fails_and_so_do_requests", fault="hubspot_out", decoy=True, top="hubspot_sync_failing"),
    handed(
        name="decoy_whatsapp_fails_and_so_do_requests", fault="whatsapp_out", decoy=True, top="whatsapp_not_sending"
    ),
    drill(
        name="unnamed_pages_not_deployed",
        fault="pages_not_deployed",
        unnamed=True,  # the pages before are still shown: no runbook's symptom is there, and all is not well
        ending=Ending.UNRESOLVED,
        top=None,
        healthy=False,
    ),
    drill(name="false_alarm", ending=Ending.NOT_REPRODUCED, top=None, healthy=True),
    drill(
        name="blind",
        fault="rate_limit_keys",
        environment=IN_LIFE_BLIND,
        ending=Ending.UNRESOLVED,
        top=None,
        healthy=False,
    ),
)
