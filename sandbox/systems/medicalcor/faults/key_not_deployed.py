"""A key is issued and added to the secret, callers have it, and the API still reads the version before."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.api.faulty import ApiFault
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class KeyNotDeployed(ApiFault):
    def begins(self, parts: Parts) -> None:
        parts.callers.reads(1)
