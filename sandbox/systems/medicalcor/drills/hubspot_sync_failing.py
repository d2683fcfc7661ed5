"""Drills of `medicalcor.hubspot_sync_failing`: one per cause, one in vain, a false alarm, a blind run, and decoys."""

from __future__ import annotations

from functools import partial

from journal.facts.words import Ending
from sandbox.drills.drill import Drill
from sandbox.systems.medicalcor.drills._providers import deploy, mended, nothing
from sandbox.systems.medicalcor.world import IN_LIFE, IN_LIFE_BLIND

drill = partial(
    Drill, runbook="medicalcor.hubspot_sync_failing", alert="HubSpotSyncFailing", environment=IN_LIFE, applied=()
)
resolved = partial(drill, ending=Ending.RESOLVED, person=mended("hubspot"), healthy=True)
recovered = partial(drill, ending=Ending.RECOVERED, meanwhile=mended("hubspot"), healthy=True)

mended_all = mended("hubspot", "whatsapp")

DRILLS = (
    recovered(name="hubspot_down", fault="hubspot_out", top="hubspot_down"),
    recovered(name="hubspot_slow", fault="hubspot_slow", top="hubspot_slow"),
    resolved(name="rate_limited", fault="hubspot_limited", top="rate_limited"),
    resolved(name="key_rejected", fault="hubspot_key_rejected", top="key_rejected"),
    resolved(name="breaker_stuck", fault="hubspot_breaker_stuck", person=deploy, top="breaker_stuck"),
    drill(
        name="key_renewed_in_vain",
        fault="hubspot_key_rejected",
        person=nothing,
        ending=Ending.UNRESOLVED,
        top="key_rejected",
        healthy=False,
    ),
    drill(
        name="unnamed_values_not_valid",
        fault="hubspot_invalid",
        unnamed=True,  # what the API sends is wrong, which the page does not name
        ending=Ending.UNRESOLVED,
        top=None,
        healthy=False,
    ),
    drill(name="false_alarm", fault=None, ending=Ending.NOT_REPRODUCED, top=None, healthy=True),
    drill(
        name="blind",
        fault="hubspot_out",
        environment=IN_LIFE_BLIND,
        ending=Ending.UNRESOLVED,
        top=None,
        healthy=False,
    ),
    drill(
        name="decoy_page_red_and_calls_succeed",
        fault="hubspot_page_red",
        decoy=True,
        ending=Ending.NOT_REPRODUCED,
        top=None,
        healthy=True,
    ),
    resolved(
        name="decoy_page_red_as_the_key_is_rejected",
        fault="hubspot_key_rejected_as_its_page_is_red",
        decoy=True,
        top="key_rejected",
    ),
    recovered(
        name="decoy_release_as_hubspot_failed",
        fault="hubspot_out_after_a_release",
        decoy=True,
        top="hubspot_down",
    ),
    resolved(
        name="decoy_whatsapp_out_as_too_much_is_asked",
        fault="hubspot_limited_as_whatsapp_is_out",
        person=mended_all,
        decoy=True,
        top="rate_limited",
    ),
)
