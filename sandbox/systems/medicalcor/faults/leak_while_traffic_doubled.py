"""Twice as many requests come, which harms nobody; and what each leaves in memory piles up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sandbox.systems.medicalcor.api.leaking import KEEPS, MemoryFault, leak, passes
from sandbox.systems.medicalcor.api.service import A_SECOND
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class LeakWhileTrafficDoubled(MemoryFault):
    def begins(self, parts: Parts) -> None:
        parts.api.a_second = 2 * A_SECOND
        passes(timedelta(minutes=15))
        leak(parts, KEEPS / 2)
        passes()
