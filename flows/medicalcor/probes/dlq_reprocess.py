"""What `medicalcor.dlq_reprocess` asks: its form, beside what runbooks about webhooks ask."""

from __future__ import annotations

from flows.medicalcor.probes._webhooks import WebhooksForm


class Params(WebhooksForm):
    pass
