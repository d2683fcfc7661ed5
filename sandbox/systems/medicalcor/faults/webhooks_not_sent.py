"""WhatsApp has trouble of its own, and sends nothing; its page says so."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.api.providers import fail
from sandbox.systems.medicalcor.faults.webhooks_unsigned import WebhooksUnsigned
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class WebhooksNotSent(WebhooksUnsigned):
    def begins(self, parts: Parts) -> None:
        """Its calls succeed: only what it sends is missing."""
        parts.api.silent = True
        fail(parts.api.providers["whatsapp"], share=0.0)
