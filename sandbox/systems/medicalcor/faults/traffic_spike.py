"""Three times as many requests come, and there may not be as many instances as that takes."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.api.faulty import ApiFault
from sandbox.systems.medicalcor.api.service import A_SECOND
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class TrafficSpike(ApiFault):
    def begins(self, parts: Parts) -> None:
        parts.api.a_second = 3 * A_SECOND
