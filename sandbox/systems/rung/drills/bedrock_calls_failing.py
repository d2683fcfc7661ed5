"""Drills of `rung.bedrock_calls_failing`: one per cause, a false alarm, a blind run, and decoys."""

from __future__ import annotations

from functools import partial

from journal.facts.words import Ending
from sandbox.drills.drill import Drill
from sandbox.eyes import BLIND
from sandbox.systems.rung.api_faults import call_other_model
from sandbox.systems.rung.faults.bedrock_denied import allow
from sandbox.systems.rung.model_faults import admit, raise_quota
from sandbox.systems.rung.world import World

drill = partial(
    Drill,
    runbook="rung.bedrock_calls_failing",
    alert="BedrockCallsFailing",
    ending=Ending.RESOLVED,
    applied=(),
    healthy=True,
)

PARAMS = {"window": "PT10S", "period": "PT1S"}


def get_quota_raised(world: World) -> None:
    """What the person does who is told how many calls there are, and how many may be."""
    raise_quota(world.facts.aws, to=4000)


def open_endpoint(world: World) -> None:
    """What the person does who is told that the endpoint admits nobody."""
    admit(world.facts.aws, https=True)


def switch_model(world: World) -> None:
    """What the person does once the owner of the analysis has accepted the alternate model."""
    call_other_model(world.facts.aws.client("lambda"))


def give_right_back(world: World) -> None:
    """What the person does who finds that the role may not call any more."""
    allow(world.facts.aws, "bedrock:InvokeModel")


DRILLS = (
    drill(name="throttled", fault="bedrock_throttled", person=get_quota_raised, top="throttled"),
    drill(name="endpoint_closed", fault="bedrock_endpoint_closed", person=open_endpoint, top="way_closed"),
    drill(name="model_gone", fault="bedrock_model_gone", person=switch_model, top="model_gone"),
    drill(
        name="decoy_access_lost",
        fault="bedrock_model_gone",
        bounds={"how": "closed"},
        decoy=True,  # the caller logs AccessDenied, as if its role had lost the right
        person=switch_model,
        top="model_gone",
    ),
    drill(name="not_allowed", fault="bedrock_denied", person=give_right_back, top="not_allowed"),
    drill(
        name="decoy_throttled_a_little",
        fault="bedrock_unwell",
        bounds={"share": 0.8, "load": 10},
        decoy=True,  # calls are throttled besides
        person=switch_model,
        top="bedrock_unwell",
    ),
    drill(
        name="unnamed_malformed_calls",
        fault="malformed_calls",
        unnamed=True,
        ending=Ending.UNRESOLVED,
        top=None,
        healthy=False,
    ),
    drill(
        name="unnamed_barred_by_the_endpoint",
        fault="bedrock_barred",
        unnamed=True,
        ending=Ending.UNRESOLVED,
        top=None,
        applied=(),
        healthy=False,
    ),
    drill(
        name="unnamed_token_expired",
        fault="bedrock_token_expired",
        unnamed=True,  # what is refused before Bedrock counts it shows in no metric
        ending=Ending.UNRESOLVED,
        top=None,
        applied=(),
        healthy=False,
    ),
    drill(name="false_alarm", ending=Ending.NOT_REPRODUCED, top=None),
    drill(
        name="blind",
        fault="bedrock_throttled",
        environment=BLIND,
        ending=Ending.UNRESOLVED,
        top=None,
        healthy=False,
    ),
)
