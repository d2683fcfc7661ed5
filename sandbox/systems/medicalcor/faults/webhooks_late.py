"""Handling a webhook takes longer than the API gives it."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.api.process import Hooks
from sandbox.systems.medicalcor.faults.webhooks_unsigned import WebhooksUnsigned


@dataclass(kw_only=True)
class WebhooksLate(WebhooksUnsigned):
    way: Hooks = "late"
