"""The secret was renewed with the API alone; and WhatsApp's page tells of trouble with something else."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.api.providers import fail
from sandbox.systems.medicalcor.faults.webhooks_unsigned import WebhooksUnsigned
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class WebhooksUnsignedAsWhatsappIsRed(WebhooksUnsigned):
    def begins(self, parts: Parts) -> None:
        super().begins(parts)
        fail(parts.api.providers["whatsapp"], share=0.0)
