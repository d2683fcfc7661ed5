"""Containers take more memory than they have as soon as they start."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.api.faulty import ApiFault
from sandbox.systems.medicalcor.faults.containers_end import end_with
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class MemoryTooSmall(ApiFault):
    def begins(self, parts: Parts) -> None:
        end_with(parts, "memory")
