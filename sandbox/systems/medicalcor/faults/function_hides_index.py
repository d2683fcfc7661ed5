"""A page looks rows up by a function of a column: the plain index on the column is there and of no use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import LiteralString

from sandbox.systems.medicalcor.faults.missing_index import MissingIndex
from sandbox.systems.medicalcor.parts import Parts
from sandbox.tables import run

INDEX: LiteralString = "CREATE INDEX messages_by_lead ON messages (lead_id, created_at)"


@dataclass(kw_only=True)
class FunctionHidesIndex(MissingIndex):
    """As where an index is missing, and another one would not help. No page names it."""

    @property
    def last_of(self) -> LiteralString:
        """Looked up by what is no column."""
        return (
            "SELECT count(*) FROM leads l CROSS JOIN LATERAL (SELECT m.created_at FROM messages m"
            " WHERE abs(m.lead_id) = l.id ORDER BY m.created_at DESC LIMIT 5) AS last"
        )

    def spoil(self, parts: Parts) -> None:
        """Let the table grow, with its index."""
        super().spoil(parts)
        run(parts.postgres.address, INDEX)
