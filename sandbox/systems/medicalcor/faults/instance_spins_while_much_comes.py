"""One instance works on something that never ends; twice as many requests come, and there is room for them."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.api.service import A_SECOND
from sandbox.systems.medicalcor.faults.instance_spins import InstanceSpins
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class InstanceSpinsWhileMuchComes(InstanceSpins):
    def begins(self, parts: Parts) -> None:
        parts.api.a_second, parts.api.service.most = 2.1 * A_SECOND, 12
        super().begins(parts)
