"""A bulk import changes a table, and nobody takes its statistics anew: the planner believes what was true before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import LiteralString

from sandbox.systems.medicalcor.parts import Parts
from sandbox.systems.medicalcor.questions import REFRESHED, SlowQuestion
from sandbox.tables import run


@dataclass(kw_only=True)
class StaleStatistics(SlowQuestion):
    """A third of `messages` becomes `imported`, which the statistics have never heard of.

    Expecting one such row, the planner joins by trying every pair; with fresh statistics it hashes.
    """

    @property
    def question(self) -> LiteralString:
        """Imported messages that followed another one a minute later."""
        return (
            "SELECT count(*) FROM messages m JOIN messages p ON p.created_at = m.created_at - interval '1 minute'"
            " WHERE m.state = 'imported' AND p.state = 'imported'"
        )

    @property
    def glance(self) -> LiteralString:
        """One message."""
        return "SELECT state FROM messages WHERE id = 7"

    def spoil(self, parts: Parts) -> None:
        """Change the rows, and keep autovacuum from noticing."""
        run(
            parts.postgres.address,
            "ALTER TABLE messages SET (autovacuum_enabled = off)",
            REFRESHED,
            "UPDATE messages SET state = 'imported' WHERE id <= 2000",
        )

    @property
    def repairs(self) -> tuple[LiteralString, ...]:
        """The old rows, and autovacuum as it was."""
        return (
            "UPDATE messages SET state = 'delivered' WHERE state = 'imported'",
            "ALTER TABLE messages RESET (autovacuum_enabled)",
        )
