"""Two causes at once: one client leaks half of the slots, another one's queries take the others."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.rastup.fault import Fault, Several
from sandbox.systems.rastup.faults.idle_leak import IdleLeak
from sandbox.systems.rastup.faults.long_queries import LongQueries
from sandbox.systems.rastup.parts import SLOTS


@dataclass(kw_only=True)
class LeakAndLongQueries(Several):
    @property
    def kinds(self) -> tuple[Fault, ...]:
        """Both."""
        return IdleLeak(most=SLOTS // 2), LongQueries()
