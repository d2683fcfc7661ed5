"""Rows are stored and deleted in bulk, and nobody takes out what is dead: whoever reads the table goes through it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import LiteralString

from sandbox.systems.medicalcor.parts import Parts
from sandbox.systems.medicalcor.questions import SlowQuestion
from sandbox.tables import WITHOUT_TRIGGERS, run

STORED: LiteralString = """
INSERT INTO appointments (lead_id, starts_at, state)
SELECT 1, now(), 'over' || repeat('.', 900) FROM generate_series(1, 40000) AS n
"""
"""Long rows: how slow a scan is goes by pages."""


@dataclass(kw_only=True)
class DeadRows(SlowQuestion):
    """`appointments` holds forty times as many dead rows as live ones; its statistics are fresh."""

    @property
    def question(self) -> LiteralString:
        """The next appointments of each of 300 leads."""
        return self.next_of + " WHERE l.id <= 300"

    @property
    def glance(self) -> LiteralString:
        """The same for one lead."""
        return self.next_of + " WHERE l.id = 7"

    @property
    def next_of(self) -> LiteralString:
        """The next appointments of leads."""
        return (
            "SELECT count(*) FROM leads l CROSS JOIN LATERAL (SELECT a.id FROM appointments a"
            " WHERE a.lead_id = l.id ORDER BY a.starts_at LIMIT 5) AS next"
        )

    def spoil(self, parts: Parts) -> None:
        """Store, delete, and keep autovacuum from coming by."""
        run(
            parts.postgres.address,
            "ALTER TABLE appointments SET (autovacuum_enabled = off)",
            WITHOUT_TRIGGERS + STORED,
            "DELETE FROM appointments WHERE state LIKE 'over.%'",
            "ANALYZE appointments",
        )

    @property
    def repairs(self) -> tuple[LiteralString, ...]:
        """Autovacuum as it was."""
        return ("ALTER TABLE appointments RESET (autovacuum_enabled)",)
