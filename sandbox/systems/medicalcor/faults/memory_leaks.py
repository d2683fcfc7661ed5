"""Each request leaves a little in memory, whichever revision answers: something new is asked of old code."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.api.leaking import MemoryFault, leak, passes
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class MemoryLeaks(MemoryFault):
    def begins(self, parts: Parts) -> None:
        leak(parts)
        passes()
