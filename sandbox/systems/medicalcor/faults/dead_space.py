"""Rows are stored and deleted in bulk, and nobody takes out what is dead: the file only grows."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.parts import Parts
from sandbox.systems.medicalcor.storing import LOOSE, DiskFault, put
from sandbox.tables import WITHOUT_TRIGGERS, run


@dataclass(kw_only=True)
class DeadSpace(DiskFault):
    days: bool = True

    def prepare(self, parts: Parts) -> None:
        """Keep autovacuum from coming by."""
        run(parts.postgres.address, "ALTER TABLE appointments SET (autovacuum_enabled = off)")

    def store(self, parts: Parts, size: int) -> None:
        """Store them and delete them."""
        put(
            parts,
            size,
            "INSERT INTO appointments (lead_id, starts_at, state)"
            " SELECT 1, now(), 'stored' || repeat('.', 1900) FROM generate_series(1, {rows})",
        )
        run(parts.postgres.address, WITHOUT_TRIGGERS + "DELETE FROM appointments WHERE " + LOOSE)

    def clear(self, parts: Parts) -> None:
        """Write the table anew, as whoever has a window for it does by `pg_repack`; autovacuum as it was."""
        rewrite(parts)
        run(parts.postgres.address, "ALTER TABLE appointments RESET (autovacuum_enabled)")


def rewrite(parts: Parts) -> None:
    """What is done in a window, once there is room for a second copy."""
    run(parts.postgres.address, "VACUUM (FULL, ANALYZE) appointments")
