"""Memory leaks; half an hour later somebody deploys a revision that leaks as well, and is suspected."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.api.leaking import KEEPS, MemoryFault, leak, passes
from sandbox.systems.medicalcor.api.process import Code
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class MemoryLeaksBeforeARelease(MemoryFault):
    def begins(self, parts: Parts) -> None:
        leak(parts)
        passes()
        parts.api.deploy(Code(keeps=KEEPS))
        passes()
