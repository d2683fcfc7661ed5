"""Drills of `rung.s3_access_denied`: one per cause, a false alarm, a blind run, and a no.

Two causes look like another at first: the refusals name the bucket's policy when the endpoint is gone, and the role's
policies when the function has the wrong role.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from journal.facts.words import Ending
from sandbox.drills.drill import Drill
from sandbox.eyes import BLIND
from sandbox.systems.rung.api_faults import roll_back
from sandbox.systems.rung.memos import BUCKET, make_endpoint, memo_key, rename_bucket
from sandbox.systems.rung.world import World

drill = partial(Drill, runbook="rung.s3_access_denied", alert="S3AccessDenied")

PARAMS = {"window": "PT3S", "period": "PT1S"}
AS_IN_LIFE: dict[str, str] = {}
"""In practice the function stores and fetches a memo twice a second."""


def grant(world: World) -> None:
    """What the person does who is told that the role's policy names another bucket."""
    rename_bucket(world.facts.aws, "rung-memos-prod", BUCKET)


def restore_role(world: World) -> None:
    """What the person does who is told that the function has the wrong role."""
    roll_back(world.facts.aws.client("lambda"))


def restore_endpoint(world: World) -> None:
    """What the person does who is told that the endpoint is gone."""
    make_endpoint(world.facts.aws)


def enable_key(world: World) -> None:
    """What the person does who is told that the key is disabled."""
    kms: Any = world.facts.aws.client("kms")
    kms.enable_key(KeyId=memo_key(world.facts.aws))


DRILLS = (
    drill(
        name="bucket_policy",
        fault="bucket_policy_broken",
        ending=Ending.RESOLVED,
        top="bucket_policy",
        applied=("put_bucket_policy",),
        healthy=True,
    ),
    drill(
        name="role_policy",
        fault="role_policy_broken",
        person=grant,
        ending=Ending.RESOLVED,
        top="role_policy",
        applied=(),
        healthy=True,
    ),
    drill(
        name="two_policies",
        fault="both_policies_broken",
        person=grant,
        also=("role_policy",),
        ending=Ending.RESOLVED,
        top="bucket_policy",
        applied=("put_bucket_policy",),
        healthy=True,
    ),
    drill(
        name="decoy_wrong_execution_role",
        fault="wrong_execution_role",
        person=restore_role,
        decoy=True,
        ending=Ending.RESOLVED,
        top="wrong_execution_role",
        applied=(),
        healthy=True,
    ),
    drill(
        name="decoy_endpoint_gone",
        fault="s3_endpoint_gone",
        person=restore_endpoint,
        decoy=True,
        ending=Ending.RESOLVED,
        top="endpoint",
        applied=(),
        healthy=True,
    ),
    drill(
        name="encryption_key",
        fault="memo_key_disabled",
        person=enable_key,
        ending=Ending.RESOLVED,
        top="encryption_key",
        applied=(),
        healthy=True,
    ),
    drill(
        name="unnamed_denied_by_organisation",
        fault="denied_by_organisation",
        unnamed=True,
        ending=Ending.UNRESOLVED,
        top=None,
        applied=(),
        healthy=False,
    ),
    drill(
        name="unnamed_key_policy_lost",
        fault="memo_key_policy_lost",
        unnamed=True,
        ending=Ending.UNRESOLVED,
        top=None,
        applied=(),
        healthy=False,
    ),
    drill(
        name="unnamed_links_expired",
        fault="memo_links_expired",
        unnamed=True,
        ending=Ending.UNRESOLVED,
        top=None,
        applied=(),
        healthy=False,
    ),
    drill(name="false_alarm", ending=Ending.NOT_REPRODUCED, top=None, applied=(), healthy=True),
    drill(
        name="blind",
        fault="bucket_policy_broken",
        environment=BLIND,
        ending=Ending.UNRESOLVED,
        top=None,
        applied=(),
        healthy=False,
    ),
    drill(
        name="rejected",
        fault="bucket_policy_broken",
        approve=False,
        ending=Ending.UNRESOLVED,
        top="bucket_policy",
        applied=(),
        healthy=False,
    ),
)
