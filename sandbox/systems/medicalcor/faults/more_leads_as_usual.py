"""Three times as many leads come, as they did at this hour in the weeks before."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.api.costly import CostlyFault
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class MoreLeadsAsUsual(CostlyFault):
    def begins(self, parts: Parts) -> None:
        parts.usage.was(3)
        parts.usage.a_minute = 3
