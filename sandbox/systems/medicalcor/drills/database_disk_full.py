"""Drills of `medicalcor.database_disk_full`: one per cause, a no, a false alarm, a blind run, and decoys."""

from __future__ import annotations

from functools import partial

from journal.facts.words import Ending
from sandbox.drills.drill import Drill
from sandbox.systems.medicalcor.faults import dead_space, old_events, wal_kept
from sandbox.systems.medicalcor.world import IN_LIFE, IN_LIFE_BLIND, World

drill = partial(Drill, runbook="medicalcor.database_disk_full", alert="MedicalCorDatabaseDiskFull", environment=IN_LIFE)


def drop_slot(world: World) -> None:
    """What the owner of the replica does."""
    wal_kept.drop_slot(world.parts)


def archive(world: World) -> None:
    """What four eyes do who have proved the copy."""
    old_events.move_events(world.parts)


def repack(world: World) -> None:
    """What is done in a window."""
    dead_space.rewrite(world.parts)


DRILLS = (
    drill(
        name="outgrown",
        fault="disk_outgrown",
        ending=Ending.RESOLVED,
        top="disk_too_small",
        applied=("grow_storage",),
        healthy=True,
    ),
    drill(
        name="rejected",
        fault="disk_outgrown",
        approve=False,
        ending=Ending.UNRESOLVED,
        top="disk_too_small",
        applied=(),
        healthy=False,
    ),
    drill(
        name="wal_kept",
        fault="wal_kept",
        person=drop_slot,
        ending=Ending.RESOLVED,
        top="wal_kept",
        applied=(),
        healthy=True,
    ),
    drill(
        name="spilling_query",
        fault="spilling_query",
        ending=Ending.RESOLVED,
        top="temporary_files",
        applied=("stop_spilling_queries",),
        healthy=True,
    ),
    drill(
        name="old_events",
        fault="old_events",
        person=archive,
        decoy=True,  # it has grown as evenly as if it were outgrown
        ending=Ending.RESOLVED,
        top="old_events",
        applied=(),
        healthy=True,
    ),
    drill(
        name="dead_space",
        fault="dead_space",
        person=repack,
        decoy=True,  # likewise
        ending=Ending.RESOLVED,
        top="dead_space",
        applied=(),
        healthy=True,
    ),
    drill(
        name="unnamed_copy_of_a_table",
        fault="disk_filled_by_a_copy",
        unnamed=True,
        ending=Ending.UNRESOLVED,
        top=None,
        applied=(),
        healthy=False,
    ),
    drill(
        name="unnamed_query_of_somebody_else",
        fault="spilling_query_of_another",
        unnamed=True,
        decoy=True,  # temporary files fill the disk, and they are not the application's
        ending=Ending.UNRESOLVED,
        top=None,
        applied=(),
        healthy=False,
    ),
    drill(name="false_alarm", fault=None, ending=Ending.NOT_REPRODUCED, top=None, applied=(), healthy=True),
    drill(
        name="blind",
        fault="disk_outgrown",
        environment=IN_LIFE_BLIND,
        ending=Ending.UNRESOLVED,
        top=None,
        applied=(),
        healthy=False,
    ),
    drill(
        name="decoy_wal_kept_for_days",
        fault="wal_kept_for_days",
        person=drop_slot,
        decoy=True,
        ending=Ending.RESOLVED,
        top="wal_kept",
        applied=(),
        healthy=True,
    ),
    drill(
        name="decoy_slot_that_keeps_little",
        fault="disk_outgrown_beside_a_slot",
        decoy=True,
        ending=Ending.RESOLVED,
        top="disk_too_small",
        applied=("grow_storage",),
        healthy=True,
    ),
    drill(
        name="decoy_import_that_is_over",
        fault="disk_grew_and_stopped",
        decoy=True,
        ending=Ending.NOT_REPRODUCED,
        top=None,
        applied=(),
        healthy=True,
    ),
)
