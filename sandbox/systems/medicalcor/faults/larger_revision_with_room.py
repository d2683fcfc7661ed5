"""A revision is deployed that uses much more memory from its beginning, has room all the same, and takes no more."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.api.leaking import MemoryFault, deploy_larger
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class LargerRevisionWithRoom(MemoryFault):
    def begins(self, parts: Parts) -> None:
        deploy_larger(parts, 0.7)
