"""Drills of `rung.workflow_not_triggering`: one per cause, a false alarm, a blind run, decoys, and a no."""

from __future__ import annotations

from functools import partial

from journal.facts.words import Ending
from sandbox.certificate import make
from sandbox.drills.drill import Drill
from sandbox.eyes import BLIND, BY_TLS
from sandbox.systems.rung.delivery import CERTIFICATE, send_to
from sandbox.systems.rung.world import World

drill = partial(Drill, runbook="rung.workflow_not_triggering", alert="N8nWebhookFailing")

PARAMS = {"window": "PT20S", "period": "PT1S", "patience": "PT1S"}


def deploy_right_address(world: World) -> None:
    """What the API's team does when it is told where n8n is."""
    send_to(world.facts.aws, f"{world.facts.n8n.url}/webhook")


def give_path_back(world: World) -> None:
    """What the workflow's owner does when told that the API calls another path."""
    world.n8n.rename("post-session-v2", "post-session")


def renew_certificate(world: World) -> None:
    """What the person does who is told that it ran out."""
    world.n8n.secure(make(world.facts.home / CERTIFICATE, days=90))


def switch_on(world: World) -> None:
    """What a person does in n8n's pages."""
    world.n8n.activate(world.n8n.find("pre-session"), active=True)


DRILLS = (
    drill(
        name="restart_holds_for_20_s",
        fault="n8n_down",
        bounds={"serves_for": 20.0},
        own_time=True,
        ending=Ending.UNRESOLVED,
        top="n8n_down",
        applied=("restart_n8n",),
        healthy=False,
    ),
    drill(
        name="n8n_down",
        fault="n8n_down",
        ending=Ending.RESOLVED,
        top="n8n_down",
        applied=("restart_n8n",),
        healthy=True,
    ),
    drill(
        name="decoy_out_of_memory",
        fault="n8n_out_of_memory",
        decoy=True,
        ending=Ending.RESOLVED,
        top="memory_exhausted",
        applied=("raise_memory",),
        healthy=True,
    ),
    drill(
        name="scaled_to_none",
        fault="n8n_scaled_to_none",
        ending=Ending.RESOLVED,
        top="scaled_to_none",
        applied=("run_tasks",),
        healthy=True,
    ),
    drill(
        name="workflow_disabled",
        fault="workflow_disabled",
        ending=Ending.RESOLVED,
        top="workflow_disabled",
        applied=("activate_workflows",),
        healthy=True,
    ),
    drill(
        name="switched_on_by_hand",
        fault="workflow_disabled",
        approve=False,
        person=switch_on,
        ending=Ending.RESOLVED,
        top="workflow_disabled",
        applied=(),
        healthy=True,
    ),
    drill(
        name="address_changed",
        fault="webhook_moved",
        person=deploy_right_address,
        ending=Ending.RESOLVED,
        top="address_changed",
        applied=(),
        healthy=True,
    ),
    drill(
        name="path_changed",
        fault="webhook_renamed",
        person=give_path_back,
        ending=Ending.RESOLVED,
        top="path_changed",
        applied=(),
        healthy=True,
    ),
    drill(
        name="decoy_webhook_forgotten",
        fault="webhook_forgotten",
        decoy=True,
        ending=Ending.RESOLVED,
        top="registration_lost",
        applied=("register_again",),
        healthy=True,
    ),
    drill(
        name="decoy_certificate_ran_out",
        fault="n8n_certificate_ran_out",
        environment=BY_TLS,
        decoy=True,  # nobody gets an answer, and n8n is well
        person=renew_certificate,
        ending=Ending.RESOLVED,
        top="certificate",
        applied=(),
        healthy=True,
    ),
    drill(
        name="unnamed_n8n_database_away",
        fault="n8n_database_away",
        unnamed=True,  # it answers, so nobody restarts it
        ending=Ending.UNRESOLVED,
        top=None,
        applied=(),
        healthy=False,
    ),
    drill(
        name="unnamed_n8n_without_workers",
        fault="n8n_without_workers",
        unnamed=True,  # it answers and takes every event; only its queue tells
        ending=Ending.UNRESOLVED,
        top=None,
        applied=(),
        healthy=False,
    ),
    drill(
        name="unnamed_events_refused",
        fault="n8n_refuses_events",
        unnamed=True,
        ending=Ending.UNRESOLVED,
        top=None,
        applied=(),
        healthy=False,
    ),
    drill(
        name="unnamed_n8n_unreached",
        fault="n8n_unreached",
        unnamed=True,  # n8n is well, and events wait in vain
        ending=Ending.UNRESOLVED,
        top=None,
        applied=(),
        healthy=False,
    ),
    drill(name="false_alarm", ending=Ending.NOT_REPRODUCED, top=None, applied=(), healthy=True),
    drill(
        name="blind",
        fault="workflow_disabled",
        environment=BLIND,
        ending=Ending.UNRESOLVED,
        top=None,
        applied=(),
        healthy=False,
    ),
)
