"""Drills of `rung.merge_authorization_failures`: one per cause, a false alarm, a blind run."""

from __future__ import annotations

from functools import partial

from journal.facts.words import Ending
from sandbox.drills.drill import Drill
from sandbox.eyes import BLIND
from sandbox.systems.rung.couples import ANOTHER, LINK, STATUS, THERAPIST, Couples
from sandbox.systems.rung.world import World

LABELS = {"link_id": LINK, "therapist_id": str(THERAPIST)}
drill = partial(Drill, runbook="rung.merge_authorization_failures", alert="MergeAuthorizationFailure", labels=LABELS)

PARAMS = {"window": "PT3S", "recent": "PT2S"}


def activate(world: World) -> None:
    """What the therapist does when both partners agree."""
    Couples(world.facts.database).set_status(STATUS)


def assign_both(world: World) -> None:
    """What the clinic's administrator does."""
    Couples(world.facts.database).give_partner_to(THERAPIST)


def ask_the_right_one(world: World) -> None:
    """What is done about somebody who may not ask."""
    world.set_conditions(merge_of={"link": LINK, "requester": THERAPIST})


def link_again(world: World) -> None:
    """What the therapist does about a link that is gone."""
    Couples(world.facts.database).restore()


DRILLS = (
    drill(
        name="link_is_no_id",
        fault="link_inactive",
        labels={**LABELS, "link_id": "couple 17"},  # nobody can look it up, so nobody is blamed and nothing is well
        ending=Ending.UNRESOLVED,
        top=None,
        applied=(),
        healthy=False,
    ),
    drill(
        name="requester_is_no_id",
        fault="link_inactive",
        labels={**LABELS, "therapist_id": "dr-who"},
        ending=Ending.UNRESOLVED,
        top=None,
        applied=(),
        healthy=False,
    ),
    drill(
        name="link_inactive",
        fault="link_inactive",
        person=activate,
        ending=Ending.RESOLVED,
        top="link_inactive",
        applied=(),
        healthy=True,
    ),
    drill(
        name="not_owner",
        fault="partner_elsewhere",
        person=assign_both,
        ending=Ending.RESOLVED,
        top="not_owner",
        applied=(),
        healthy=True,
    ),
    drill(
        name="wrong_requester",
        fault="wrong_requester",
        labels={**LABELS, "therapist_id": str(ANOTHER)},
        person=ask_the_right_one,
        ending=Ending.RESOLVED,
        top="wrong_requester",
        applied=(),
        healthy=True,
    ),
    drill(
        name="link_missing",
        fault="link_missing",
        person=link_again,
        ending=Ending.RESOLVED,
        top="link_missing",
        applied=(),
        healthy=True,
    ),
    drill(
        name="unnamed_licence_suspended",
        fault="licence_suspended",
        unnamed=True,
        ending=Ending.UNRESOLVED,
        top=None,
        applied=(),
        healthy=False,
    ),
    drill(
        name="unnamed_other_couple_refused",
        fault="other_couple_refused",
        unnamed=True,
        ending=Ending.UNRESOLVED,
        top=None,
        applied=(),
        healthy=False,
    ),
    drill(name="false_alarm", labels={}, ending=Ending.NOT_REPRODUCED, top=None, applied=(), healthy=True),
    drill(
        name="blind",
        fault="link_inactive",
        environment=BLIND,
        ending=Ending.UNRESOLVED,
        top=None,
        applied=(),
        healthy=False,
    ),
)
