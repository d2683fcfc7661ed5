"""What a model answers is not understood, and it is asked three times for each lead."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.api.costly import CostlyFault
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class LeadsScoredThrice(CostlyFault):
    def begins(self, parts: Parts) -> None:
        parts.usage.times = 3
