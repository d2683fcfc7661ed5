"""OpenAI no longer knows the API's key."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.api.faulty import ScoringFault
from sandbox.systems.medicalcor.api.providers import fail
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class OpenaiKeyRejected(ScoringFault):
    def begins(self, parts: Parts) -> None:
        fail(parts.api.providers["openai"], "key", page="none")
