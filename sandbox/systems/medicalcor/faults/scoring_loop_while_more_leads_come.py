"""One lead is scored over and over; and nearly twice as many leads come as usual."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.api.costly import CostlyFault
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class ScoringLoopWhileMoreLeadsCome(CostlyFault):
    def begins(self, parts: Parts) -> None:
        parts.usage.looping, parts.usage.a_minute = 4, 1.8
