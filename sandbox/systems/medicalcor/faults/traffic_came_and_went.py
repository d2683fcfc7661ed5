"""Three times as many requests came, for a while; now as many come as usual."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.api.faulty import UNTIL_TOLD, pass_by
from sandbox.systems.medicalcor.api.service import A_SECOND
from sandbox.systems.medicalcor.faults.traffic_spike import TrafficSpike
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class TrafficCameAndWent(TrafficSpike):
    def begins(self, parts: Parts) -> None:
        super().begins(parts)
        pass_by(UNTIL_TOLD)
        parts.api.a_second = A_SECOND
