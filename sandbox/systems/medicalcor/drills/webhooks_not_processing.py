"""Drills of `medicalcor.webhooks_not_processing`: one per cause, two by way of Redis and back, a no, and decoys."""

from __future__ import annotations

from functools import partial

from journal.facts.words import Ending
from sandbox.drills.drill import Drill
from sandbox.systems.medicalcor.api.providers import recover
from sandbox.systems.medicalcor.drills.redis_memory_full import process_letters
from sandbox.systems.medicalcor.faults.webhooks_unsigned import hooks
from sandbox.systems.medicalcor.world import IN_LIFE, IN_LIFE_BLIND, World

drill = partial(
    Drill,
    runbook="medicalcor.webhooks_not_processing",
    alert="MedicalCorWebhooksNotProcessing",
    environment=IN_LIFE,
    applied=(),
)


def take_them(world: World) -> None:
    """What whoever has the secret, or the owners of the code, do."""
    hooks(world.parts, "")


def send_again(world: World) -> None:
    """What WhatsApp's own people do."""
    world.parts.api.silent = False
    recover(world.parts.api.providers["whatsapp"])


resolved = partial(drill, ending=Ending.RESOLVED, person=take_them, healthy=True)

DRILLS = (
    resolved(name="wrong_secret", fault="webhooks_unsigned", top="wrong_secret"),
    resolved(name="too_late", fault="webhooks_late", top="too_late"),
    resolved(name="not_valid", fault="webhooks_not_valid", top="not_valid"),
    resolved(
        name="dead_letters_fill_redis",
        fault="webhooks_stop_as_redis_is_full",
        person=process_letters,  # as the runbook says that it was handed to
        top="no_memory",
    ),
    drill(
        name="decoy_counters_fill_redis",
        fault="webhooks_stop_as_counters_fill_redis",
        decoy=True,
        ending=Ending.RESOLVED,
        top="no_memory",
        there=("unlink_prefix",),
        healthy=True,
    ),
    drill(
        name="no_memory_and_no_yes",
        fault="webhooks_stop_as_counters_fill_redis",
        approve=False,
        ending=Ending.UNRESOLVED,
        top="no_memory",
        healthy=False,
    ),
    drill(
        name="not_sent",
        fault="webhooks_not_sent",
        meanwhile=send_again,
        ending=Ending.RECOVERED,
        top="not_sent",
        healthy=True,
    ),
    drill(
        name="unnamed_code_throws",
        fault="code_throws",
        unnamed=True,  # the page names no 5xx of the API's own
        ending=Ending.UNRESOLVED,
        top=None,
        healthy=False,
    ),
    drill(
        name="unnamed_strangers_knock",
        fault="strangers_knock",
        unnamed=True,  # the secret is right: theirs are taken all the while
        ending=Ending.UNRESOLVED,
        top=None,
        healthy=True,
    ),
    drill(name="false_alarm", fault=None, ending=Ending.NOT_REPRODUCED, top=None, healthy=True),
    drill(
        name="blind",
        fault="webhooks_unsigned",
        environment=IN_LIFE_BLIND,
        ending=Ending.UNRESOLVED,
        top=None,
        healthy=False,
    ),
    resolved(
        name="decoy_page_red_as_the_secret_is_wrong",
        fault="webhooks_unsigned_as_whatsapp_is_red",
        decoy=True,
        top="wrong_secret",
    ),
)
