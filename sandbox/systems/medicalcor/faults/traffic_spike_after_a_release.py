"""A revision is deployed that changes nothing; right afterwards three times as many requests come."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.api.faulty import ApiFault
from sandbox.systems.medicalcor.api.service import A_SECOND
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class TrafficSpikeAfterARelease(ApiFault):
    def begins(self, parts: Parts) -> None:
        parts.api.deploy()
        parts.api.a_second = 3 * A_SECOND
