"""A revision is deployed that uses nearly all of its memory from the beginning, and no more later."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.api.leaking import NEARLY_ALL, MemoryFault, deploy_larger
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class LargerRevision(MemoryFault):
    def begins(self, parts: Parts) -> None:
        deploy_larger(parts, NEARLY_ALL)
