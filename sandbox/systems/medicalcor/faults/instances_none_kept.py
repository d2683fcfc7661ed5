"""No instance is kept while nobody asks, and each eighth request waits for a new one."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.api.faulty import ApiFault
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class InstancesNoneKept(ApiFault):
    def begins(self, parts: Parts) -> None:
        parts.api.service.least = 0
        parts.api.scaling.cold = 8
