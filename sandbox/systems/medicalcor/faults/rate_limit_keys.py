"""Counters of rate limits keep every request of a crawler, until Redis has no memory left."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.application import HOUR
from sandbox.systems.medicalcor.fault import Fault
from sandbox.systems.medicalcor.filling import VALUE, fill
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class RateLimitKeys(Fault):
    def start(self, parts: Parts) -> None:
        """Fill it with counters."""
        fill(parts.valkey, lambda many, number: many.set(f"rate_limit:crawler:{number}", VALUE, ex=HOUR))
