"""One lead is scored over and over from the minute on in which another model was chosen that takes no more."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.api.costly import CostlyFault
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class ScoringLoopWithAnotherModel(CostlyFault):
    def begins(self, parts: Parts) -> None:
        parts.api.deploy()
        parts.usage.looping, parts.usage.model = 4, "gpt-4.1-mini"
