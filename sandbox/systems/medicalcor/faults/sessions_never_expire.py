"""A release stores sessions without an expiry, so each login stays for ever."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.fault import Fault
from sandbox.systems.medicalcor.filling import VALUE, fill
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class SessionsNeverExpire(Fault):
    def start(self, parts: Parts) -> None:
        """Fill it with sessions."""
        fill(parts.valkey, lambda many, number: many.set(f"session:login:{number}", VALUE))
