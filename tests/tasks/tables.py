"""What the tests of tables, indexes and statistics share."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from blocks.rung import Rung
from sandbox.client_load import ClientLoad
from sandbox.rehearsal import wait
from sandbox.systems.rung.world import World
from tasks.postgres.index import CreateIndexes, CreateIndexesUnmeasured
from tasks.postgres.tables import Tables, read_tables

APPLICATION = "change-test"
"""What the sessions that tests open are called."""

WANTED = ("audit_logs.created_at", "sessions.client_id")
BETWEEN = timedelta(seconds=1.2)
"""A server tells what its sessions did at most once a second."""

REPORT = "SELECT count(*) FROM audit_logs WHERE created_at > now() - interval '1 minute'"


def tables_of(env: Rung, **more: Any) -> Tables:
    return read_tables(env.database, **{"wanted": WANTED, "large": 5000, "between": BETWEEN, **more})


def indexes(env: Rung, **more: Any) -> CreateIndexes:
    given: dict[str, Any] = {
        "database": env.database,
        "wanted": WANTED,
        "large": 5000,
        "between": BETWEEN,
        "aws": env.aws,
    }
    return CreateIndexes(**{**given, "instance": env.db_instance, **more})


def indexes_unmeasured(env: Rung) -> CreateIndexesUnmeasured:
    """As `indexes`, where nobody tells the free storage."""
    return CreateIndexesUnmeasured(database=env.database, wanted=WANTED, large=5000, between=BETWEEN)


class Reading:
    """A client that reads a table from end to end while something else is looked at."""

    def __init__(self, world: World) -> None:
        self._world = world

    def __enter__(self) -> None:
        self._client_load = ClientLoad(
            "querying",
            home=self._world.facts.home,
            name="reading",
            lives_for=timedelta(minutes=2),
            dsn=self._world.facts.dsn("rung_app", application_name="table-test-reading"),
            statement=REPORT,
            clients=1,
            think=0.05,
        )
        wait(lambda: self._client_load.count()["alive"] or None, within=60, what="the reader")

    def __exit__(self, *_: object) -> None:
        self._client_load.stop()
