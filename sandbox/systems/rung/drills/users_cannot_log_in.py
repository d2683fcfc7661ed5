"""Drills of `rung.users_cannot_log_in`: one per cause, a hand-off in vain, a false alarm, a blind run, and decoys."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from journal.facts.words import Ending
from sandbox.drills.drill import Drill
from sandbox.eyes import BLIND
from sandbox.systems.rung import people
from sandbox.systems.rung.api_faults import FIRST
from sandbox.systems.rung.login import Login
from sandbox.systems.rung.world import World

drill = partial(Drill, runbook="rung.users_cannot_log_in", alert="UsersCannotLogIn")
without_slots = partial(
    drill,
    fault="login_without_slots",
    there_for=timedelta(minutes=31),
    top="no_connections",
    applied=(),
)
"""What keeps people out is the database's, where another runbook is at home."""

about_ada = partial(drill, labels={"username": people.ADA.sub})

PARAMS = {"window": "PT5S", "period": "PT1S"}
AS_IN_LIFE: dict[str, str] = {}


def invite_again(world: World) -> None:
    """What the person does who is told that the invitation has run out."""
    Login(world.facts.aws).user("admin_create_user", MessageAction="RESEND")


def roll_back(world: World) -> None:
    """What the person does who is told that the function fails: let the pool call the version that worked."""
    Login(world.facts.aws).call_trigger(FIRST)


def stop_the_importer(world: World) -> None:
    """What the person does who is told that sign-ins are throttled."""
    Login(world.facts.aws).remove_importer()


def allow_the_flow(world: World) -> None:
    """What the person does who is told that the app client allows no way to sign in."""
    Login(world.facts.aws).allow(*people.FLOWS)


DRILLS = (
    drill(
        name="another_user_is_meant",
        fault="intruder",
        labels={"username": people.BEN.sub},  # he is let in, and nothing of hers is touched
        ending=Ending.NOT_REPRODUCED,
        top=None,
        applied=(),
        healthy=False,
    ),
    about_ada(
        name="user_disabled",
        fault="user_disabled",
        ending=Ending.RESOLVED,
        top="user_disabled",
        applied=("enable_user",),
        healthy=True,
    ),
    about_ada(
        name="forgotten_password",
        fault="forgotten_password",
        ending=Ending.RESOLVED,
        top="forgotten_password",
        applied=("reset_password",),
        healthy=True,
    ),
    about_ada(
        name="temporary_password",
        fault="invitation_ran_out",
        person=invite_again,
        ending=Ending.RESOLVED,
        top="temporary_password",
        applied=(),
        healthy=True,
    ),
    about_ada(
        name="intruder",
        fault="intruder",
        ending=Ending.RESOLVED,
        top="intruder",
        applied=("secure_account",),
        healthy=True,
    ),
    drill(
        name="function_fails",
        fault="login_function_fails",
        ending=Ending.RESOLVED,
        top="function_fails",
        applied=("point_back",),
        healthy=True,
    ),
    drill(
        name="function_fails_that_no_alias_leads_to",
        fault="login_function_fails",
        bounds={"named": True},
        person=roll_back,
        ending=Ending.RESOLVED,
        top="function_fails",
        applied=(),
        healthy=True,
    ),
    without_slots(
        name="no_connections",
        own_time=True,  # sessions are long idle after half an hour
        there=("end_idle_sessions",),
        ending=Ending.RESOLVED,
        healthy=True,
    ),
    without_slots(name="no_connections_and_no_yes", approve=False, ending=Ending.UNRESOLVED, healthy=False),
    drill(
        name="throttled",
        fault="sign_in_storm",
        person=stop_the_importer,
        ending=Ending.RESOLVED,
        top="throttled",
        applied=(),
        healthy=True,
    ),
    drill(
        name="flow_off",
        fault="sign_in_flow_off",
        person=allow_the_flow,
        ending=Ending.RESOLVED,
        top="flow_off",
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
    about_ada(
        name="unnamed_reset_pending",
        fault="reset_pending",
        unnamed=True,
        ending=Ending.UNRESOLVED,
        top=None,
        applied=(),
        healthy=False,
    ),
    drill(
        name="unnamed_client_secret_changed",
        fault="client_secret_changed",
        unnamed=True,
        ending=Ending.UNRESOLVED,
        top=None,
        applied=(),
        healthy=False,
    ),
    about_ada(name="false_alarm", ending=Ending.NOT_REPRODUCED, top=None, applied=(), healthy=True),
    about_ada(
        name="blind",
        fault="user_disabled",
        environment=BLIND,
        ending=Ending.UNRESOLVED,
        top=None,
        applied=(),
        healthy=False,
    ),
    about_ada(
        name="decoy_password_tried_from_elsewhere",
        fault="forgotten_password",
        bounds={"elsewhere": True},
        decoy=True,
        ending=Ending.UNRESOLVED,
        top=None,  # the failures are those of a forgotten password, and come from where the user never was
        applied=(),
        healthy=False,
    ),
    about_ada(
        name="decoy_disabled_by_security",
        fault="user_disabled",
        bounds={"risky": True},
        decoy=True,
        ending=Ending.UNRESOLVED,
        top=None,  # contested: security may have disabled the user on purpose, so a person decides
        applied=(),
        healthy=False,
    ),
    about_ada(
        name="decoy_everybody_fails",
        fault="login_function_fails",
        decoy=True,
        ending=Ending.RESOLVED,
        top="function_fails",
        applied=("point_back",),
        healthy=True,
    ),
)
