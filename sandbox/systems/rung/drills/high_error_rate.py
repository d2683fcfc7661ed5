"""Drills of `rung.high_error_rate`: one per cause, a false alarm, a blind run, and decoys."""

from __future__ import annotations

from functools import partial

from journal.facts.words import Ending
from sandbox.drills.drill import Drill
from sandbox.eyes import BLIND
from sandbox.systems.rung.api_faults import roll_back
from sandbox.systems.rung.faults.n8n_unreached import let_out
from sandbox.systems.rung.world import World

drill = partial(Drill, runbook="rung.high_error_rate", alert="ApiHighErrorRate")

PARAMS = {"window": "PT3S", "period": "PT1S", "slow_after": "PT0.05S", "watched_for": "PT0.5S"}
"""In practice an incident is seconds old."""


def open_way(world: World) -> None:
    """What the person does who is told that calls of n8n fail, and looks at the way there, as n8n itself is well."""
    let_out(world.facts.aws)


def go_back(world: World) -> None:
    """What the person does who is told that the release has a fault."""
    roll_back(world.facts.aws.client("lambda"))


def mend(world: World) -> None:
    """What those who released it do where the version before fails as well: release one that fits what was migrated."""
    world.heal()


DRILLS = (
    drill(
        name="no_connections",
        fault="database_full",
        ending=Ending.HANDED_OFF,
        top="no_connections",
        applied=(),
        healthy=False,
    ),
    drill(
        name="no_memory",
        fault="memory_exhausted",
        ending=Ending.RESOLVED,
        top="no_memory",
        applied=("raise_memory",),
        healthy=True,
    ),
    drill(
        name="no_time",
        fault="work_too_long",
        ending=Ending.RESOLVED,
        top="no_time",
        applied=("raise_timeout",),
        healthy=True,
    ),
    drill(
        name="dependency_fails",
        fault="n8n_unreached",
        person=open_way,
        ending=Ending.RESOLVED,
        top="dependency_fails",
        applied=(),
        healthy=True,
    ),
    drill(
        name="bedrock_calls_failing",
        fault="dependency_fails",
        ending=Ending.HANDED_OFF,
        top="bedrock_calls_failing",
        applied=(),
        healthy=False,
    ),
    drill(
        name="s3_access_denied",
        fault="dependency_fails",
        bounds={"which": "s3"},
        ending=Ending.HANDED_OFF,
        top="s3_access_denied",
        applied=(),
        healthy=False,
    ),
    drill(
        name="throttled",
        fault="ceiling_too_low",
        ending=Ending.RESOLVED,
        top="throttled",
        applied=("raise_ceiling",),
        healthy=True,
    ),
    drill(
        name="bad_release",
        fault="bad_release",
        ending=Ending.RESOLVED,
        top="bad_release",
        applied=("point_back",),
        healthy=True,
    ),
    drill(
        name="bad_release_and_none_known_to_be_good",
        fault="bad_release",
        bounds={"hasty": True},
        person=go_back,
        ending=Ending.RESOLVED,
        top="bad_release",
        applied=(),
        healthy=True,
    ),
    drill(
        name="bad_release_that_migrated",
        fault="bad_release",
        bounds={"migrated": True},
        person=mend,
        ending=Ending.RESOLVED,
        top="bad_release",
        applied=("point_back",),
        undone=("point_back",),
        healthy=True,
    ),
    drill(
        name="decoy_bedrock_fails_after_a_release",
        fault="dependency_fails",
        bounds={"released": True},
        decoy=True,  # it began with the release, and no code of its own fails
        ending=Ending.HANDED_OFF,
        top="bedrock_calls_failing",
        applied=(),
        healthy=False,
    ),
    drill(
        name="unnamed_invoking_denied",
        fault="invoking_denied",
        unnamed=True,
        ending=Ending.UNRESOLVED,
        top=None,
        applied=(),
        healthy=False,
    ),
    drill(
        name="unnamed_invoking_denied_after_a_release",
        fault="invoking_denied",
        bounds={"share": 0.4, "released": True},
        unnamed=True,  # the release is fresh, and the function fails in nothing
        ending=Ending.UNRESOLVED,
        top=None,
        applied=(),
        healthy=False,
    ),
    drill(
        name="unnamed_flag_flipped_before_a_release",
        fault="flag_flipped",
        unnamed=True,  # own code fails and a release is fresh, and it failed before that
        ending=Ending.UNRESOLVED,
        top=None,
        applied=(),
        healthy=False,
    ),
    drill(
        name="unnamed_disk_full",
        fault="disk_full",
        unnamed=True,
        ending=Ending.UNRESOLVED,
        top=None,
        applied=(),
        healthy=False,
    ),
    drill(
        name="unnamed_malformed_answers",
        fault="malformed_answers",
        unnamed=True,
        ending=Ending.UNRESOLVED,
        top=None,
        applied=(),
        healthy=False,
    ),
    drill(
        name="unnamed_beyond_the_gateway",
        fault="beyond_the_gateway",
        unnamed=True,  # no request runs into the function's own timeout
        ending=Ending.UNRESOLVED,
        top=None,
        applied=(),
        healthy=False,
    ),
    drill(name="false_alarm", ending=Ending.NOT_REPRODUCED, top=None, applied=(), healthy=True),
    drill(
        name="blind",
        fault="memory_exhausted",
        environment=BLIND,
        ending=Ending.UNRESOLVED,
        top=None,
        applied=(),
        healthy=False,
    ),
    drill(
        name="decoy_timeouts_while_the_database_is_slow",
        fault="slow_database",
        bounds={"seconds": 11.0},
        decoy=True,
        ending=Ending.HANDED_OFF,
        top="waits_for_others",
        applied=(),
        healthy=False,
    ),
    drill(
        name="decoy_more_time_would_not_be_enough",
        fault="work_too_long",
        bounds={"seconds": 40.0},
        decoy=True,
        ending=Ending.UNRESOLVED,
        top="no_time",
        applied=("raise_timeout",),
        healthy=False,
    ),
)
