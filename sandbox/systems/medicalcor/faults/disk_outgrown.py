"""More is kept from day to day, in all tables and all of it needed, until the disk is full."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.parts import Parts
from sandbox.systems.medicalcor.storing import LOOSE, DiskFault, put, take_away


@dataclass(kw_only=True)
class DiskOutgrown(DiskFault):
    days: bool = True

    def store(self, parts: Parts, size: int) -> None:
        """Messages and appointments, as many bytes of each."""
        put(
            parts,
            size,
            "INSERT INTO messages (lead_id, channel, state)"
            " SELECT 1, 'whatsapp', 'stored' || repeat('.', 1900) FROM generate_series(1, {rows})",
            "INSERT INTO appointments (lead_id, starts_at, state)"
            " SELECT 1, now(), 'stored' || repeat('.', 1900) FROM generate_series(1, {rows})",
        )

    def clear(self, parts: Parts) -> None:
        """What was stored goes."""
        take_away(parts, ("messages", LOOSE), ("appointments", LOOSE))
