"""A bulk import changes a table, and nobody takes its statistics anew: the planner believes what was true before."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import LiteralString

from psycopg import sql

from sandbox.database import run_as_admin
from sandbox.faults.fault import Scene
from sandbox.systems.rung.users import LONG_ENOUGH, REFRESHED, QueryFault, drop_added_indexes, quickest
from sandbox.tables import run

IMPORTED: LiteralString = "UPDATE sessions SET status = 'imported' WHERE"
HALF, ALL = 2000, 4000
"""Rows of `sessions`."""


@dataclass(kw_only=True)
class StaleStatistics(QueryFault):
    """Half of `sessions`, or more, becomes `imported`, which the statistics have never heard of.

    Expecting one such row, the planner joins by trying every pair; with fresh statistics it hashes. How many rows
    depends on the machine: whoever looks shall find it running.
    """

    clients: int = 1
    think: float = 0.02

    @property
    def statement(self) -> str:
        """Imported sessions that followed another one an hour later."""
        return (
            "SELECT count(*) FROM sessions s JOIN sessions p ON p.held_at = s.held_at - interval '1 hour'"
            " WHERE s.status = 'imported' AND p.status = 'imported'"
        )

    def spoil(self, scene: Scene) -> None:
        """Change the rows, and keep autovacuum from noticing."""
        run(
            scene.address,
            "ALTER TABLE sessions SET (autovacuum_enabled = off)",
            REFRESHED,
            IMPORTED + " id <= 2000",
        )
        rows = math.ceil(HALF * math.sqrt(max(LONG_ENOUGH / quickest(scene.address, self.statement), 1)))
        run_as_admin(scene.address, sql.SQL(IMPORTED + " id BETWEEN {} AND {}").format(HALF + 1, min(rows, ALL)))

    def repair(self, scene: Scene) -> None:
        """The old rows, and autovacuum as it was."""
        drop_added_indexes(scene.address)
        run(
            scene.address,
            "UPDATE sessions SET status = 'completed' WHERE status = 'imported'",
            "ALTER TABLE sessions RESET (autovacuum_enabled)",
            REFRESHED,
        )
