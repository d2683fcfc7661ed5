"""The circuit breaker of OpenAI stays open, though calls would succeed; its status page tells of trouble."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.api.faulty import ScoringFault, stick
from sandbox.systems.medicalcor.api.providers import fail
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class OpenaiBreakerStuckAsItsPageIsRed(ScoringFault):
    def begins(self, parts: Parts) -> None:
        fail(parts.api.providers["openai"], share=0.0)
        stick(parts, "openai")
