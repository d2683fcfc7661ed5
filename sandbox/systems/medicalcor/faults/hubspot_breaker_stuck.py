"""The circuit breaker of HubSpot stays open, though calls would succeed."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.api.faulty import ApiFault, stick
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class HubspotBreakerStuck(ApiFault):
    def begins(self, parts: Parts) -> None:
        stick(parts, "hubspot")
