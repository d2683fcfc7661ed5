"""Meta's token has expired, in the hour in which 360dialog has trouble of its own."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.api.faulty import ApiFault
from sandbox.systems.medicalcor.api.providers import fail
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class WhatsappTokenExpiredAsItsPageIsRed(ApiFault):
    def begins(self, parts: Parts) -> None:
        fail(parts.api.providers["whatsapp"], "expired")
