"""WhatsApp sends another form of webhooks, which the API refuses."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.api.process import Hooks
from sandbox.systems.medicalcor.faults.webhooks_unsigned import WebhooksUnsigned


@dataclass(kw_only=True)
class WebhooksNotValid(WebhooksUnsigned):
    way: Hooks = "invalid"
