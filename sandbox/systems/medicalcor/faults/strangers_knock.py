"""Strangers send webhooks that they cannot sign, one in two seconds; those of WhatsApp and Stripe are taken as ever."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from journal import clock
from sandbox.systems.medicalcor.api.faulty import ApiFault
from sandbox.systems.medicalcor.api.process import Answered, Route
from sandbox.systems.medicalcor.parts import Parts

EACH: Final = timedelta(seconds=2)
REFUSED: Final = Answered(route=Route(method="POST", path="/webhooks/whatsapp"), status=401, seconds=0.004)
SAID: Final = {"level": "warn", "msg": "Webhook signature verification failed", "component": "webhooks"}


@dataclass(kw_only=True)
class StrangersKnock(ApiFault):
    upto: datetime = field(default_factory=clock.now, init=False)

    def begins(self, parts: Parts) -> None:
        self.upto = clock.now()

    def live(self, parts: Parts) -> None:
        """Whoever has knocked since the last turn is refused."""
        process = parts.api.process()
        while process is not None and clock.now() - self.upto >= EACH:
            self.upto += EACH
            parts.api.served(process.revision, self.upto, REFUSED)
            parts.api.says(process.revision, self.upto, SAID)
