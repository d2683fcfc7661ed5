"""The circuit breaker of OpenAI stays open, though calls would succeed."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.api.faulty import ScoringFault, stick
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class OpenaiBreakerStuck(ScoringFault):
    def begins(self, parts: Parts) -> None:
        stick(parts, "openai")
