"""Drills of `rung.isolation_layer_failures`: one per cause, a false alarm, a blind run, a decoy."""

from __future__ import annotations

from functools import partial

from journal.facts.words import Ending
from sandbox.drills.drill import Drill
from sandbox.eyes import BLIND
from sandbox.systems.rung.isolation import ALLOWED, NEW_TERM, SCHEMA, TERMS, VERSION, Isolation
from sandbox.systems.rung.world import World

drill = partial(Drill, runbook="rung.isolation_layer_failures", alert="IsolationLayerFailure")

PARAMS = {"recent": "PT2S"}


def allow_the_term(world: World) -> None:
    """What privacy and the team do about a harmless term."""
    Isolation(world.facts.aws).set(ALLOWED, f"{TERMS},{NEW_TERM}")


def clean_the_names(world: World) -> None:
    """What privacy and the team do about clinical data in names."""
    world.set_conditions(clinical_data_in_name=None)


def roll_back(world: World) -> None:
    """What the team does about two schemas."""
    Isolation(world.facts.aws).set(SCHEMA, VERSION)


def allow_schema_therapy(world: World) -> None:
    """What the team does about a term whose name is a word of the layer's own."""
    Isolation(world.facts.aws).set(ALLOWED, f"{TERMS},schema therapy")


DRILLS = (
    drill(
        name="decoy_term_with_a_word_in_it",
        fault="term_not_listed",
        bounds={"term": "schema therapy"},
        decoy=True,  # the log says "schema", and means the term
        person=allow_schema_therapy,
        ending=Ending.RESOLVED,
        top="term_not_listed",
        applied=(),
        healthy=True,
    ),
    drill(
        name="term_not_listed",
        fault="term_not_listed",
        person=allow_the_term,
        ending=Ending.RESOLVED,
        top="term_not_listed",
        applied=(),
        healthy=True,
    ),
    drill(
        name="clinical_data",
        fault="clinical_data_in_name",
        person=clean_the_names,
        ending=Ending.RESOLVED,
        top="clinical_data",
        applied=(),
        healthy=True,
    ),
    drill(
        name="schema_mismatch",
        fault="schema_mismatch",
        person=roll_back,
        ending=Ending.RESOLVED,
        top="schema_mismatch",
        applied=(),
        healthy=True,
    ),
    drill(
        name="unnamed_clinic_mismatch",
        fault="clinic_mismatch",
        unnamed=True,
        ending=Ending.UNRESOLVED,
        top=None,
        applied=(),
        healthy=False,
    ),
    drill(
        name="unnamed_after_an_old_violation",
        fault="clinic_mismatch",
        bounds={"before": "schema therapy"},
        unnamed=True,  # the terms that were not listed are over: they say nothing of the merges that fail now
        ending=Ending.UNRESOLVED,
        top=None,
        applied=(),
        healthy=False,
    ),
    drill(
        name="unnamed_merge_times_out",
        fault="merge_times_out",
        unnamed=True,
        ending=Ending.UNRESOLVED,
        top=None,
        applied=(),
        healthy=False,
    ),
    drill(name="false_alarm", ending=Ending.NOT_REPRODUCED, top=None, applied=(), healthy=True),
    drill(
        name="blind",
        fault="schema_mismatch",
        environment=BLIND,
        ending=Ending.UNRESOLVED,
        top=None,
        applied=(),
        healthy=False,
    ),
    drill(
        name="decoy_refused",
        fault="link_inactive",
        decoy=True,
        ending=Ending.HANDED_OFF,
        top="not_allowed",
        applied=(),
        healthy=False,
    ),
)
