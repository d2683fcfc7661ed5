"""Drills of `medicalcor.whatsapp_not_sending`: one per cause, one in vain, a false alarm, a blind run, and decoys."""

from __future__ import annotations

from functools import partial

from journal.facts.words import Ending
from sandbox.drills.drill import Drill
from sandbox.systems.medicalcor.drills._providers import deploy, mended, nothing
from sandbox.systems.medicalcor.world import IN_LIFE, IN_LIFE_BLIND

drill = partial(
    Drill, runbook="medicalcor.whatsapp_not_sending", alert="WhatsAppNotSending", environment=IN_LIFE, applied=()
)
resolved = partial(drill, ending=Ending.RESOLVED, person=mended("whatsapp"), healthy=True)
recovered = partial(drill, ending=Ending.RECOVERED, meanwhile=mended("whatsapp"), healthy=True)

mended_all = mended("hubspot", "whatsapp")

DRILLS = (
    recovered(name="whatsapp_down", fault="whatsapp_out", top="whatsapp_down"),
    resolved(name="numbers_rejected", fault="whatsapp_numbers_rejected", top="numbers_rejected"),
    resolved(name="template_rejected", fault="whatsapp_template_rejected", top="template_rejected"),
    resolved(name="rate_limited", fault="whatsapp_limited", top="rate_limited"),
    resolved(name="key_rejected", fault="whatsapp_key_rejected", top="key_rejected"),
    resolved(name="breaker_stuck", fault="whatsapp_breaker_stuck", person=deploy, top="breaker_stuck"),
    drill(
        name="template_mended_in_vain",
        fault="whatsapp_template_rejected",
        person=nothing,
        ending=Ending.UNRESOLVED,
        top="template_rejected",
        healthy=False,
    ),
    drill(
        name="unnamed_written_after_a_day",
        fault="whatsapp_window_over",
        unnamed=True,  # free text more than a day after the patient's last message is no cause of this page
        ending=Ending.UNRESOLVED,
        top=None,
        healthy=False,
    ),
    drill(name="false_alarm", fault=None, ending=Ending.NOT_REPRODUCED, top=None, healthy=True),
    drill(
        name="blind",
        fault="whatsapp_out",
        environment=IN_LIFE_BLIND,
        ending=Ending.UNRESOLVED,
        top=None,
        healthy=False,
    ),
    resolved(
        name="decoy_page_red_as_a_template_is_paused",
        fault="whatsapp_template_paused_as_its_page_is_red",
        decoy=True,
        top="template_rejected",
    ),
    resolved(
        name="decoy_page_red_as_the_token_has_expired",
        fault="whatsapp_token_expired_as_its_page_is_red",
        decoy=True,
        top="key_rejected",
    ),
    resolved(
        name="decoy_hubspot_out_as_too_many_are_sent",
        fault="whatsapp_limited_as_hubspot_is_out",
        person=mended_all,
        decoy=True,
        top="rate_limited",
    ),
)
