"""A table has grown, and a page that users open looks it up by a column without an index."""

from __future__ import annotations

from dataclasses import dataclass
from typing import LiteralString

from sandbox.systems.medicalcor.parts import Parts
from sandbox.systems.medicalcor.questions import REFRESHED, SlowQuestion
from sandbox.tables import WITHOUT_TRIGGERS, run

GROWN: LiteralString = """
INSERT INTO messages (lead_id, channel, state, created_at)
SELECT 1 + n % 2000, 'whatsapp', 'delivered', now() - n * interval '1 second' FROM generate_series(1, 40000) AS n
"""
SHRUNK: LiteralString = "DELETE FROM messages WHERE id > 6000"


@dataclass(kw_only=True)
class MissingIndex(SlowQuestion):
    """The last messages of each of many leads, one look-up for each."""

    @property
    def question(self) -> LiteralString:
        """One scan of the table for each of 1000 leads, or one look-up where there is an index."""
        return self.last_of + " WHERE l.id <= 1000"

    @property
    def glance(self) -> LiteralString:
        """The same for one lead."""
        return self.last_of + " WHERE l.id = 7"

    @property
    def last_of(self) -> LiteralString:
        """The last messages of leads."""
        return (
            "SELECT count(*) FROM leads l CROSS JOIN LATERAL (SELECT m.created_at FROM messages m"
            " WHERE m.lead_id = l.id ORDER BY m.created_at DESC LIMIT 5) AS last"
        )

    def spoil(self, parts: Parts) -> None:
        """Let the table grow; its statistics are fresh."""
        run(parts.postgres.address, WITHOUT_TRIGGERS + GROWN, REFRESHED)

    @property
    def repairs(self) -> tuple[LiteralString, ...]:
        """Shrink it again."""
        return (WITHOUT_TRIGGERS + SHRUNK,)
