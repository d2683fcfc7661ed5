"""One lead is scored over and over by something that does not ask whether scoring is on."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.api.costly import CostlyFault
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class ScoringLoopThatIsStubborn(CostlyFault):
    def begins(self, parts: Parts) -> None:
        parts.usage.looping, parts.usage.stubborn = 4, True
