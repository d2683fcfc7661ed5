"""A revision is deployed that calls a model with three times as many tokens."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.api.costly import CostlyFault
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class LargerModel(CostlyFault):
    def begins(self, parts: Parts) -> None:
        parts.api.deploy()
        parts.usage.model, parts.usage.tokens = "o4-mini", 4500
