"""A revision is deployed each of whose requests leaves a little in memory."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.api.leaking import KEEPS, MemoryFault, passes
from sandbox.systems.medicalcor.api.process import Code
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class LeakingRevision(MemoryFault):
    def begins(self, parts: Parts) -> None:
        parts.api.deploy(Code(keeps=KEEPS))
        passes()
