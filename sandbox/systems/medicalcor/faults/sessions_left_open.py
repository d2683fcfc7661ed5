"""A client of the application opens connections and closes none, until no slot is left; what they take piles up."""

from __future__ import annotations

from dataclasses import dataclass, field

from sandbox.systems.medicalcor.api.leaking import MemoryFault, leak, passes
from sandbox.systems.medicalcor.faults.idle_leak import IdleLeak
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class SessionsLeftOpen(MemoryFault):
    sessions: IdleLeak = field(default_factory=IdleLeak)

    def begins(self, parts: Parts) -> None:
        parts.api.turn()  # its own session is there before all others are
        self.sessions.start(parts)
        leak(parts)
        passes()

    def heal(self, parts: Parts) -> None:
        self.sessions.heal(parts)
        super().heal(parts)
