"""Three messages in ten go to numbers that WhatsApp does not know."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.api.faulty import ApiFault
from sandbox.systems.medicalcor.api.providers import fail
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class WhatsappNumbersRejected(ApiFault):
    def begins(self, parts: Parts) -> None:
        fail(parts.api.providers["whatsapp"], "number", share=0.3, page="none")
