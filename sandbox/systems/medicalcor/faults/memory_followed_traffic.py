"""Many requests came and took memory; then they became fewer again, and so did what they took."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sandbox.systems.medicalcor.api.leaking import MemoryFault, hold, passes
from sandbox.systems.medicalcor.api.service import A_SECOND
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class MemoryFollowedTraffic(MemoryFault):
    def begins(self, parts: Parts) -> None:
        hold(parts)
        parts.api.a_second = 5 * A_SECOND
        passes(timedelta(minutes=15))
        parts.api.a_second = A_SECOND
