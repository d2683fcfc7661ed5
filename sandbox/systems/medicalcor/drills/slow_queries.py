"""Drills of `medicalcor.slow_queries`: one per cause, a false alarm, a blind run, decoys, and a no."""

from __future__ import annotations

from functools import partial

from journal.facts.words import Ending
from sandbox.drills.drill import Drill
from sandbox.eyes import BLIND

drill = partial(Drill, runbook="medicalcor.slow_queries", alert="MedicalCorSlowQueries")

PARAMS = {"slow_after": "PT0.05S", "watched_for": "PT1S", "between": "PT2.5S", "blocking_for": "PT0.5S"}
"""In practice nobody waits for a second, and an answer that takes 100 ms is late."""

DRILLS = (
    drill(
        name="missing_index",
        fault="missing_index",
        ending=Ending.RESOLVED,
        top="missing_index",
        applied=("create_indexes",),
        healthy=True,
    ),
    drill(
        name="stale_statistics",
        fault="stale_statistics",
        ending=Ending.RESOLVED,
        top="stale_statistics",
        applied=("analyze_tables",),
        healthy=True,
    ),
    drill(
        name="dead_rows",
        fault="dead_rows",
        ending=Ending.RESOLVED,
        top="bloat",
        applied=("vacuum_tables",),
        healthy=True,
    ),
    drill(
        name="lock_contention",
        fault="lock_contention",
        ending=Ending.RESOLVED,
        top="lock_contention",
        applied=("end_blockers",),
        healthy=True,
    ),
    drill(
        name="unnamed_function_hides_index",
        fault="function_hides_index",
        unnamed=True,
        ending=Ending.UNRESOLVED,
        top=None,
        applied=(),
        healthy=False,
    ),
    drill(
        name="decoy_locked_by_somebody_else",
        fault="lock_of_provider",
        decoy=True,  # the cause is true, and what holds the locks is not the application's to end
        ending=Ending.UNRESOLVED,
        top="lock_contention",
        applied=(),
        healthy=False,
    ),
    drill(
        name="decoy_scans_while_locked",
        fault="scans_while_locked",
        decoy=True,
        ending=Ending.RESOLVED,
        top="lock_contention",
        applied=("end_blockers",),
        healthy=True,
    ),
    drill(
        name="decoy_dead_rows_that_somebody_may_see",
        fault="dead_rows_that_somebody_may_see",
        decoy=True,  # the cause is true, and taking dead rows out would free none
        ending=Ending.UNRESOLVED,
        top="bloat",
        applied=(),
        healthy=False,
    ),
    drill(name="false_alarm", ending=Ending.NOT_REPRODUCED, top=None, applied=(), healthy=True),
    drill(
        name="blind",
        fault="lock_contention",
        environment=BLIND,
        ending=Ending.UNRESOLVED,
        top=None,
        applied=(),
        healthy=False,
    ),
    drill(
        name="rejected",
        fault="missing_index",
        approve=False,
        ending=Ending.UNRESOLVED,
        top="missing_index",
        applied=(),
        healthy=False,
    ),
)
