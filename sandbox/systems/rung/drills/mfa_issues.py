"""Drills of `rung.mfa_issues`: one per cause, a false alarm, a blind run, a decoy."""

from __future__ import annotations

from functools import partial

from journal.facts.words import Ending
from sandbox.drills.drill import Drill
from sandbox.eyes import BLIND
from sandbox.systems.rung import people
from sandbox.systems.rung.login import APP, Login
from sandbox.systems.rung.world import World

drill = partial(Drill, runbook="rung.mfa_issues", alert="MfaNotWorking")
about_ada = partial(drill, labels={"username": people.ADA.sub})

PARAMS = {"window": "PT5S", "period": "PT1S"}


def enrol(world: World) -> None:
    """What the user does, helped by a person: set up an authenticator on a phone that is there."""
    world.set_conditions(authenticator_lost=None)
    Login(world.facts.aws).user("admin_set_user_mfa_preference", SoftwareTokenMfaSettings=APP)


def set_the_clock(world: World) -> None:
    """What the user does, helped by a person."""
    world.set_conditions(clock_of_phone_wrong=None)


def take_codes(world: World) -> None:
    """What the person does who is told that the pool takes no codes."""
    Login(world.facts.aws).take_codes(yes=True)


DRILLS = (
    about_ada(
        name="authenticator_lost",
        fault="authenticator_lost",
        person=enrol,
        ending=Ending.RESOLVED,
        top="authenticator_lost",
        also=("not_enrolled",),  # once the lost one is off the account
        applied=("reset_mfa",),
        healthy=True,
    ),
    about_ada(
        name="out_of_step",
        fault="clock_of_phone_wrong",
        person=set_the_clock,
        ending=Ending.RESOLVED,
        top="out_of_step",
        applied=(),
        healthy=True,
    ),
    drill(
        name="codes_off",
        fault="codes_not_taken",
        person=take_codes,
        ending=Ending.RESOLVED,
        top="codes_off",
        applied=(),
        healthy=True,
    ),
    about_ada(
        name="not_enrolled",
        fault="never_enrolled",
        person=enrol,
        ending=Ending.RESOLVED,
        top="not_enrolled",
        applied=(),
        healthy=True,
    ),
    about_ada(
        name="unnamed_sms_not_delivered",
        fault="sms_not_delivered",
        unnamed=True,
        ending=Ending.UNRESOLVED,
        top=None,
        applied=(),
        healthy=False,
    ),
    about_ada(name="false_alarm", ending=Ending.NOT_REPRODUCED, top=None, applied=(), healthy=True),
    about_ada(
        name="blind",
        fault="authenticator_lost",
        environment=BLIND,
        ending=Ending.UNRESOLVED,
        top=None,
        applied=(),
        healthy=False,
    ),
    about_ada(
        name="decoy_password_stolen",
        fault="authenticator_lost",
        bounds={"elsewhere": True},
        decoy=True,
        ending=Ending.UNRESOLVED,
        top=None,  # whoever has the password and no code is not the user: the second factor does what it is for
        applied=(),
        healthy=False,
    ),
    about_ada(
        name="decoy_everybody_is_refused",
        fault="codes_not_taken",
        person=take_codes,
        decoy=True,
        ending=Ending.RESOLVED,
        top="codes_off",
        applied=(),
        healthy=True,
    ),
)
