"""The API does not understand what the model answers any more: no call fails, and none is of use."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.api.faulty import ScoringFault
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class OpenaiMisread(ScoringFault):
    def begins(self, parts: Parts) -> None:
        for one in parts.api.service.revisions:
            parts.api.code_of(one.name).misreads = True
