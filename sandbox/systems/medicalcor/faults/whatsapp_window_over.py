"""Four messages in ten are written freely more than a day after the patient's last one."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.api.faulty import ApiFault
from sandbox.systems.medicalcor.api.providers import fail
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class WhatsappWindowOver(ApiFault):
    def begins(self, parts: Parts) -> None:
        fail(parts.api.providers["whatsapp"], "window", share=0.4, page="none")
