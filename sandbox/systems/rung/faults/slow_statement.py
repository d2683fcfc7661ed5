"""A statement waits within itself, for nothing that anybody else holds."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.faults.fault import Scene
from sandbox.systems.rung.users import QueryFault


@dataclass(kw_only=True)
class SlowStatement(QueryFault):
    """Indexes, statistics, locks and instance are in order. No page names it."""

    think: float = 0.02

    @property
    def statement(self) -> str:
        """A sleep, as a loop with pauses in a function would be."""
        return "SELECT count(*) FROM (SELECT pg_sleep(0.3)) AS pause"

    def spoil(self, scene: Scene) -> None:
        """Nothing is spoilt."""

    def repair(self, scene: Scene) -> None:
        """Nothing is to be repaired."""
