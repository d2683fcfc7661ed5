"""The disk is outgrown; beside it there is a replication slot that nobody reads, and that keeps next to nothing."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.faults.disk_outgrown import DiskOutgrown
from sandbox.systems.medicalcor.faults.wal_kept import drop_slot, make_slot
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class DiskOutgrownBesideASlot(DiskOutgrown):
    def begins(self, parts: Parts) -> None:
        super().begins(parts)
        make_slot(parts)

    def clear(self, parts: Parts) -> None:
        """The slot goes as well."""
        super().clear(parts)
        drop_slot(parts)
