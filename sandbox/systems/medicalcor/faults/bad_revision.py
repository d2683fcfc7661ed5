"""A revision is deployed that throws at three requests in ten."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.api.faulty import ApiFault
from sandbox.systems.medicalcor.api.process import Code
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class BadRevision(ApiFault):
    def begins(self, parts: Parts) -> None:
        parts.api.deploy(Code(throws=0.3))
