"""Drills of `medicalcor.api_key_rejected`: one per cause, a no, a false alarm, a blind run, and decoys."""

from __future__ import annotations

from functools import partial

from journal.facts.words import Ending
from sandbox.drills.drill import Drill
from sandbox.systems.medicalcor.api.callers import ISSUED, KEPT
from sandbox.systems.medicalcor.world import IN_LIFE, IN_LIFE_BLIND, World

drill = partial(Drill, runbook="medicalcor.api_key_rejected", alert="ApiKeyRejected", environment=IN_LIFE)
resolved = partial(drill, ending=Ending.RESOLVED, applied=(), healthy=True)


def give_the_key(world: World) -> None:
    """What whoever issues the keys does."""
    world.parts.callers.shows = ISSUED


def issue_another(world: World) -> None:
    """What whoever issues the keys does: a new one, which is deployed, and which callers have."""
    parts = world.parts
    parts.callers.shows = "mck_live_0practice0another0nly5f8a"
    parts.callers.reads(parts.project.secrets.add(KEPT, parts.callers.shows))


DRILLS = (
    resolved(name="not_deployed", fault="key_not_deployed", top="not_deployed", applied=("refresh_secret",)),
    drill(
        name="rejected",
        fault="key_not_deployed",
        approve=False,
        ending=Ending.UNRESOLVED,
        top="not_deployed",
        applied=(),
        healthy=False,
    ),
    resolved(name="wrong_key", fault="key_of_another", person=give_the_key, top="wrong_key"),
    resolved(name="expired", fault="key_expired", person=issue_another, top="expired"),
    resolved(name="compromised", fault="key_withdrawn", person=issue_another, top="compromised"),
    drill(
        name="unnamed_key_misread",
        fault="key_misread",
        unnamed=True,  # the key and its version are right: it is the code that compares them wrongly
        ending=Ending.UNRESOLVED,
        top=None,
        applied=(),
        healthy=False,
    ),
    drill(
        name="unnamed_log_renamed",
        fault="key_of_another_as_its_log_is_renamed",
        unnamed=True,  # nobody hears of a refusal: silence is no health
        ending=Ending.UNRESOLVED,
        top=None,
        applied=(),
        healthy=False,
    ),
    drill(
        name="unnamed_key_misread_as_a_version_waits",
        fault="key_misread_as_a_version_waits",
        unnamed=True,  # that version is no key that anybody has
        ending=Ending.UNRESOLVED,
        top=None,
        applied=(),
        healthy=False,
    ),
    drill(
        name="unnamed_somebody_tries_keys",
        fault="keys_tried",
        unnamed=True,  # no caller has a wrong key: it is for security
        ending=Ending.UNRESOLVED,
        top=None,
        applied=(),
        healthy=True,
    ),
    drill(name="false_alarm", fault=None, ending=Ending.NOT_REPRODUCED, top=None, applied=(), healthy=True),
    drill(
        name="blind",
        fault="key_not_deployed",
        environment=IN_LIFE_BLIND,
        ending=Ending.UNRESOLVED,
        top=None,
        applied=(),
        healthy=False,
    ),
    drill(
        name="decoy_a_stranger_tries_keys",
        fault="keys_guessed",
        decoy=True,
        ending=Ending.NOT_REPRODUCED,
        top=None,
        applied=(),
        healthy=True,
    ),
    resolved(
        name="decoy_a_version_waits_as_callers_show_another_key",
        fault="key_of_another_as_a_version_waits",
        person=give_the_key,
        decoy=True,
        top="wrong_key",
    ),
    resolved(
        name="decoy_a_disabled_version_as_the_key_expired",
        fault="key_expired_as_a_version_was_disabled",
        person=issue_another,
        decoy=True,
        top="expired",
    ),
)
