"""Two causes at once: one client leaks half of the slots, another one's queries take the others."""

from __future__ import annotations

from dataclasses import dataclass, field

from sandbox.systems.medicalcor.fault import Fault
from sandbox.systems.medicalcor.faults.idle_leak import IdleLeak
from sandbox.systems.medicalcor.faults.long_queries import LongQueries
from sandbox.systems.medicalcor.parts import SLOTS, Parts
from sandbox.systems.medicalcor.sessions import Leak


@dataclass(kw_only=True)
class LeakAndLongQueries(Fault):
    both: tuple[Leak, ...] = field(
        default_factory=lambda: (IdleLeak(most=SLOTS // 2), LongQueries()), init=False, repr=False
    )

    def start(self, parts: Parts) -> None:
        """Start both."""
        for one in self.both:
            one.start(parts)

    def live(self, parts: Parts) -> None:
        """Let both go on."""
        for one in self.both:
            one.live(parts)

    def heal(self, parts: Parts) -> None:
        """End both."""
        for one in self.both:
            one.heal(parts)
