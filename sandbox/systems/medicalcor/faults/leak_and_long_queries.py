"""Two causes at once: one client leaks half of the slots, another one's queries take the others."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.fault import Fault
from sandbox.systems.medicalcor.faults.idle_leak import IdleLeak
from sandbox.systems.medicalcor.faults.long_queries import LongQueries
from sandbox.systems.medicalcor.parts import SLOTS
from sandbox.systems.medicalcor.sessions import Several


@dataclass(kw_only=True)
class LeakAndLongQueries(Several):
    @property
    def kinds(self) -> tuple[Fault, ...]:
        """Both."""
        return IdleLeak(most=SLOTS // 2), LongQueries()
