"""HubSpot answers every other call that too much is asked of it; and WhatsApp fails altogether."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.api.faulty import ApiFault
from sandbox.systems.medicalcor.api.providers import fail
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class HubspotLimitedAsWhatsappIsOut(ApiFault):
    def begins(self, parts: Parts) -> None:
        fail(parts.api.providers["whatsapp"])
        fail(parts.api.providers["hubspot"], "limited", share=0.5, page="none")
