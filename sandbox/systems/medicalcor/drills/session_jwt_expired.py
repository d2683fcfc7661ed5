"""Drills of `medicalcor.session_jwt_expired`: one per cause, a no, a false alarm, a blind run, and decoys."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from journal.facts.words import Ending
from sandbox.drills.drill import Drill
from sandbox.systems.medicalcor.api.signed_in import KEPT
from sandbox.systems.medicalcor.world import IN_LIFE, IN_LIFE_BLIND, World

drill = partial(Drill, runbook="medicalcor.session_jwt_expired", alert="SessionExpired", environment=IN_LIFE)
resolved = partial(drill, ending=Ending.RESOLVED, applied=(), healthy=True)


def renew(world: World) -> None:
    """What the owners of the code do."""
    world.parts.signed_in.renews = True


def set_clock(world: World) -> None:
    """What whoever looks after the clock does."""
    world.parts.signed_in.skew = timedelta(0)


def sign_alike(world: World) -> None:
    """What whoever answers for the keys does."""
    keys = world.parts.signed_in
    keys.reads(len(keys.secrets.kept[KEPT]))


DRILLS = (
    resolved(name="expiry_short", fault="sessions_short", top="expiry_short", applied=("set_session_lifetime",)),
    drill(
        name="rejected",
        fault="sessions_short",
        approve=False,
        ending=Ending.UNRESOLVED,
        top="expiry_short",
        applied=(),
        healthy=False,
    ),
    resolved(name="refresh_missing", fault="tokens_not_renewed", person=renew, top="refresh_missing"),
    resolved(name="clock_off", fault="pages_clock_ahead", person=set_clock, top="clock_off"),
    resolved(name="key_rotated", fault="sign_key_rotated", person=sign_alike, top="key_rotated"),
    drill(
        name="unnamed_sessions_forgotten",
        fault="sessions_forgotten",
        unnamed=True,  # tokens are good and are renewed: what they belong to is gone
        ending=Ending.UNRESOLVED,
        top=None,
        applied=(),
        healthy=False,
    ),
    drill(
        name="unnamed_log_renamed",
        fault="sessions_short_as_their_log_is_renamed",
        unnamed=True,  # nobody hears of sessions: silence is no health
        ending=Ending.UNRESOLVED,
        top=None,
        applied=(),
        healthy=False,
    ),
    drill(
        name="unnamed_signer_clock_behind",
        fault="signer_clock_behind",
        unnamed=True,  # the clock of the pages is right: it is that of whoever signs
        ending=Ending.UNRESOLVED,
        top=None,
        applied=(),
        healthy=False,
    ),
    resolved(
        name="expiry_as_short_as_a_token",
        fault="sessions_as_short_as_tokens",
        top="expiry_short",
        applied=("set_session_lifetime",),
    ),
    resolved(
        name="two_at_once",
        fault="sessions_short_and_tokens_not_renewed",
        person=renew,
        top="expiry_short",
        also=("refresh_missing",),  # once sessions last
        applied=("set_session_lifetime",),
    ),
    drill(name="false_alarm", fault=None, ending=Ending.NOT_REPRODUCED, top=None, applied=(), healthy=True),
    drill(
        name="blind",
        fault="sessions_short",
        environment=IN_LIFE_BLIND,
        ending=Ending.UNRESOLVED,
        top=None,
        applied=(),
        healthy=False,
    ),
    resolved(
        name="decoy_a_key_was_made_as_sessions_became_short",
        fault="sessions_short_as_a_key_was_made",
        decoy=True,
        top="expiry_short",
        applied=("set_session_lifetime",),
    ),
    resolved(
        name="decoy_sessions_last_longer_as_tokens_are_not_renewed",
        fault="tokens_not_renewed_as_sessions_lasted_longer",
        person=renew,
        decoy=True,
        top="refresh_missing",
    ),
)
