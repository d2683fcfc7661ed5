"""One lead is scored four times a minute, over and over."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.api.costly import CostlyFault
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class ScoringLoop(CostlyFault):
    def begins(self, parts: Parts) -> None:
        parts.usage.looping = 4
