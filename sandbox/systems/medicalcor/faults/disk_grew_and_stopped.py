"""An import has filled the disk by a fourth, and is over: nothing grows any more, and there is room."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.faults.disk_filled_by_a_copy import DiskFilledByACopy
from sandbox.systems.medicalcor.parts import Parts

ROOM_LEFT = 0.7


@dataclass(kw_only=True)
class DiskGrewAndStopped(DiskFilledByACopy):
    def begins(self, parts: Parts) -> None:
        parts.disk.watched = True
        self.prepare(parts)
        self.store(parts, parts.disk.lacks(ROOM_LEFT))
