"""Three times as many leads come as usual, each of which is scored once."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.api.costly import CostlyFault
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class MoreLeads(CostlyFault):
    def begins(self, parts: Parts) -> None:
        parts.usage.a_minute = 3
