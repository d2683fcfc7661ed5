"""A revision is deployed that throws; and OpenAI fails, for which the API has something else to say."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.api.providers import fail
from sandbox.systems.medicalcor.faults.bad_revision import BadRevision
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class BadRevisionWhileOpenaiIsOut(BadRevision):
    def begins(self, parts: Parts) -> None:
        fail(parts.api.providers["openai"])
        super().begins(parts)
