"""A revision is deployed whose own code takes three seconds for each request."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.api.faulty import ApiFault
from sandbox.systems.medicalcor.api.process import Code
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class SlowRevision(ApiFault):
    def begins(self, parts: Parts) -> None:
        parts.api.deploy(Code(works=3.0))
