"""The circuit breaker of WhatsApp stays open, though messages would be sent."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.api.faulty import ApiFault, stick
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class WhatsappBreakerStuck(ApiFault):
    def begins(self, parts: Parts) -> None:
        stick(parts, "whatsapp")
