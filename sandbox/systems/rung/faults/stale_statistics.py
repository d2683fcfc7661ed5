"""A bulk import changes a table, and nobody takes its statistics anew: the planner believes what was true before."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.faults.fault import Scene
from sandbox.systems.rung.users import REFRESHED, QueryFault, drop_added_indexes
from sandbox.tables import run


@dataclass(kw_only=True)
class StaleStatistics(QueryFault):
    """Half of `sessions` becomes `imported`, which the statistics have never heard of.

    Expecting one such row, the planner joins by trying every pair; with fresh statistics it hashes.
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
            "UPDATE sessions SET status = 'imported' WHERE id <= 2000",
        )

    def repair(self, scene: Scene) -> None:
        """The old rows, and autovacuum as it was."""
        drop_added_indexes(scene.address)
        run(
            scene.address,
            "UPDATE sessions SET status = 'completed' WHERE status = 'imported'",
            "ALTER TABLE sessions RESET (autovacuum_enabled)",
            REFRESHED,
        )
