"""Drills of `rung.slow_queries`: one per cause, a false alarm, a blind run, a decoy, and a no."""

from __future__ import annotations

from functools import partial
from typing import Any

from journal.facts.words import Ending
from sandbox.drills.drill import Drill
from sandbox.eyes import BLIND
from sandbox.systems.rung.faults.slow_function import QUICK
from sandbox.systems.rung.world import World
from sandbox.tables import run

drill = partial(Drill, runbook="rung.slow_queries", alert="PostgresSlowQueries")

PARAMS = {
    "slow_after": "PT0.1S",
    "watched_for": "PT1S",
    "between": "PT2.5S",
    "blocking_for": "PT0.5S",
    "window": "PT20S",
    "period": "PT1S",
}
"""In practice nobody waits for a second, and an answer that takes 100 ms is late."""


def scale(world: World) -> None:
    """What the person does who is told that the instance is too small."""
    rds: Any = world.facts.aws.client("rds")
    rds.modify_db_instance(
        DBInstanceIdentifier=world.facts.system, DBInstanceClass="db.m7g.2xlarge", ApplyImmediately=True
    )


def deploy_earlier(world: World) -> None:
    """What the person does who is told which function takes the time."""
    run(world.facts.database, QUICK)


LOOKED = ("time_functions",)
"""Where nothing that the page names speaks for a cause, it is looked more closely, once."""

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
        name="lock_contention",
        fault="lock_contention",
        ending=Ending.RESOLVED,
        top="lock_contention",
        applied=("end_blockers",),
        healthy=True,
    ),
    drill(
        name="instance_too_small",
        fault="undersized_database",
        person=scale,
        ending=Ending.RESOLVED,
        top="instance_too_small",
        applied=(),
        healthy=True,
    ),
    drill(
        name="unnamed_function_hides_index",
        fault="function_hides_index",
        unnamed=True,
        ending=Ending.UNRESOLVED,
        top=None,
        applied=LOOKED,
        healthy=False,
    ),
    drill(
        name="unnamed_slow_statement",  # the closer look says nothing new
        fault="slow_statement",
        unnamed=True,
        ending=Ending.UNRESOLVED,
        top=None,
        applied=LOOKED,
        healthy=False,
    ),
    drill(
        name="decoy_locked_by_somebody_else",
        fault="lock_contention",
        bounds={"of_provider": True},
        decoy=True,  # the cause is true, and what holds the locks is not the application's to end
        ending=Ending.UNRESOLVED,
        top="lock_contention",
        applied=(),
        healthy=False,
    ),
    drill(
        name="slow_function",
        fault="slow_function",
        person=deploy_earlier,
        ending=Ending.RESOLVED,
        top="slow_function",
        applied=LOOKED,
        healthy=True,
    ),
    drill(
        name="slow_function_not_looked_at",
        fault="slow_function",
        approve=False,
        ending=Ending.UNRESOLVED,
        top=None,
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
    drill(
        name="decoy_scans_while_locked",
        fault="lock_contention",
        bounds={"scans": True},
        decoy=True,
        ending=Ending.RESOLVED,
        top="lock_contention",
        applied=("end_blockers",),
        healthy=True,
    ),
)
