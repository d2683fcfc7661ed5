"""Drills of `rung.high_latency`: one per cause, both ends of its wait, a false alarm, a blind run, decoys, and a no."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from journal.facts.words import Ending
from sandbox.drills.drill import Drill
from sandbox.eyes import BLIND
from sandbox.systems.rung.api_faults import call_other_model, roll_back
from sandbox.systems.rung.faults.endpoint_unrouted import route
from sandbox.systems.rung.world import World

drill = partial(Drill, runbook="rung.high_latency", alert="ApiHighLatency")

PARAMS = {"window": "PT3S", "period": "PT1S", "slow_after": "PT0.05S", "watched_for": "PT0.5S"}
"""In practice an incident is seconds old."""


def put_route_back(world: World) -> None:
    """What the person does who is told that S3 is not reached inside the VPC."""
    route(world.facts.aws.client("ec2"))


def change_model(world: World) -> None:
    """What the person does who is told that Bedrock is slow."""
    call_other_model(world.facts.aws.client("lambda"))


def get_well(world: World) -> None:
    """What happens by itself while it is waited for Bedrock."""
    world.heal()


def go_back(world: World) -> None:
    """What the person does who is told that the release is slow."""
    roll_back(world.facts.aws.client("lambda"))


DRILLS = (
    drill(
        name="provisioned_for_a_week",
        fault="cold_starts",
        own_time=True,
        looked_at_after=timedelta(days=7, minutes=1),
        undone=("provision_concurrency",),
        ending=Ending.RESOLVED,
        top="cold_starts",
        applied=("provision_concurrency",),
        healthy=False,
    ),
    drill(
        name="cold_starts",
        fault="cold_starts",
        ending=Ending.RESOLVED,
        top="cold_starts",
        applied=("provision_concurrency",),
        healthy=True,
    ),
    drill(
        name="slow_database",
        fault="slow_database",
        ending=Ending.HANDED_OFF,
        top="slow_database",
        applied=(),
        healthy=False,
    ),
    drill(
        name="vpc_networking",
        fault="endpoint_unrouted",
        person=put_route_back,
        ending=Ending.RESOLVED,
        top="vpc_networking",
        applied=(),
        healthy=True,
    ),
    drill(  # it is waited for in vain first
        name="slow_bedrock",
        fault="bedrock_slow",
        person=change_model,
        ending=Ending.RESOLVED,
        top="slow_bedrock",
        applied=(),
        healthy=True,
    ),
    drill(
        name="bedrock_is_quick_again",
        fault="bedrock_slow",
        meanwhile=get_well,
        ending=Ending.RECOVERED,
        top="slow_bedrock",
        applied=(),
        healthy=True,
    ),
    drill(
        name="slow_release",
        fault="slow_release",
        ending=Ending.RESOLVED,
        top="slow_release",
        applied=("point_back",),
        healthy=True,
    ),
    drill(
        name="slow_release_and_none_known_to_be_good",
        fault="slow_release",
        bounds={"hasty": True},
        person=go_back,
        ending=Ending.RESOLVED,
        top="slow_release",
        applied=(),
        healthy=True,
    ),
    drill(
        name="slow_release_rejected",
        fault="slow_release",
        approve=False,
        person=go_back,  # with the deployment's own tool
        ending=Ending.RESOLVED,
        top="slow_release",
        applied=(),
        healthy=True,
    ),
    drill(
        name="unnamed_slow_authorizer",
        fault="slow_authorizer",
        unnamed=True,
        ending=Ending.UNRESOLVED,
        top=None,
        applied=(),
        healthy=False,
    ),
    drill(
        name="unnamed_slow_partner",
        fault="slow_partner",
        unnamed=True,
        ending=Ending.UNRESOLVED,
        top=None,
        applied=(),
        healthy=False,
    ),
    drill(
        name="unnamed_slow_partner_before_a_release",
        fault="slow_partner",
        bounds={"released": True},
        unnamed=True,
        ending=Ending.UNRESOLVED,
        top=None,
        applied=(),
        healthy=False,
    ),
    drill(name="false_alarm", ending=Ending.NOT_REPRODUCED, top=None, applied=(), healthy=True),
    drill(
        name="blind",
        fault="cold_starts",
        environment=BLIND,
        ending=Ending.UNRESOLVED,
        top=None,
        applied=(),
        healthy=False,
    ),
    drill(
        name="rejected",
        fault="cold_starts",
        approve=False,
        ending=Ending.UNRESOLVED,
        top="cold_starts",
        applied=(),
        healthy=False,
    ),
    drill(
        name="decoy_cold_starts_while_bedrock_is_slow",
        fault="bedrock_slow",
        bounds={"cold_share": 0.3},
        person=change_model,
        decoy=True,
        ending=Ending.RESOLVED,
        top="slow_bedrock",
        applied=(),
        healthy=True,
    ),
)
