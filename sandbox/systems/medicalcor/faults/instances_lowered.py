"""Somebody lets there be one instance at most, which is not enough for the usual requests."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.api.faulty import ApiFault
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class InstancesLowered(ApiFault):
    def begins(self, parts: Parts) -> None:
        parts.api.service.most = 1
