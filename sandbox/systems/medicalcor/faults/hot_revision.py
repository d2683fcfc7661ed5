"""A revision is deployed whose requests take three times as much CPU."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.api.faulty import ApiFault
from sandbox.systems.medicalcor.api.process import Code
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class HotRevision(ApiFault):
    def begins(self, parts: Parts) -> None:
        parts.api.deploy(Code(burns=3.0))
