"""OpenAI answers every other call that too much is asked of it."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.api.faulty import ScoringFault
from sandbox.systems.medicalcor.api.providers import fail
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class OpenaiLimited(ScoringFault):
    def begins(self, parts: Parts) -> None:
        fail(parts.api.providers["openai"], "limited", share=0.5, page="none")
