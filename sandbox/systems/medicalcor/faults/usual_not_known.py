"""One lead is scored over and over; the counter of tokens is two weeks old."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.api.costly import CostlyFault
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class UsualNotKnown(CostlyFault):
    def begins(self, parts: Parts) -> None:
        parts.usage.was(1, weeks=2)
        parts.usage.looping = 4
