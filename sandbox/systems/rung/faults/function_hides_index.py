"""A page looks rows up by a function of a column: the plain index on the column is there and of no use."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.faults.fault import Scene
from sandbox.systems.rung.faults.missing_index import MissingIndex
from sandbox.tables import run

INDEX = "CREATE INDEX sessions_by_client ON sessions (client_id, held_at)"


@dataclass(kw_only=True)
class FunctionHidesIndex(MissingIndex):
    """As where an index is missing, and another one would not help. No page names it."""

    @property
    def statement(self) -> str:
        """One scan of the table for each of 100 clients."""
        return super().statement.replace("s.client_id = c.id", "abs(s.client_id) = c.id")

    def spoil(self, scene: Scene) -> None:
        """Let the table grow, with its index."""
        super().spoil(scene)
        run(scene.address, INDEX)
