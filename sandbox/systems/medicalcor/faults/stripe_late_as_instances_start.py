"""Stripe answers late for a while; and one request in fifty waits for a new instance, as it has for days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sandbox.systems.medicalcor.api.faulty import A_WHILE
from sandbox.systems.medicalcor.faults.stripe_late import StripeLate
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class StripeLateAsInstancesStart(StripeLate):
    lasts: timedelta | None = A_WHILE

    def begins(self, parts: Parts) -> None:
        parts.api.service.least = 0
        parts.api.scaling.cold = 50
        super().begins(parts)
