"""A new version of a function that a page asks is slow: it waits within itself, for nobody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, LiteralString

from sandbox.faults.fault import Scene
from sandbox.systems.rung.users import REFRESHED, QueryFault
from sandbox.tables import run

FREE_SLOTS: LiteralString = """
CREATE OR REPLACE FUNCTION free_slots() RETURNS bigint LANGUAGE plpgsql AS
"""
QUICK: Final[LiteralString] = FREE_SLOTS + "'BEGIN RETURN (SELECT count(*) FROM sessions WHERE id <= 100); END'"
SLOW: Final[LiteralString] = (
    FREE_SLOTS + "'BEGIN PERFORM pg_sleep(0.3); RETURN (SELECT count(*) FROM sessions WHERE id <= 100); END'"
)


@dataclass(kw_only=True)
class SlowFunction(QueryFault):
    """Indexes, statistics, locks and instance are in order. How long functions take is added up only on request."""

    think: float = 0.02

    @property
    def statement(self) -> str:
        """What a page asks."""
        return "SELECT free_slots()"

    def spoil(self, scene: Scene) -> None:
        """Deploy the slow one."""
        run(scene.address, REFRESHED, SLOW)

    def repair(self, scene: Scene) -> None:
        """Drop it, whichever it is."""
        run(scene.address, "DROP FUNCTION IF EXISTS free_slots()")
