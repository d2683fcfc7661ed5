"""Every process of the API takes requests and answers none."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.api.faulty import ApiFault
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class ApiHangs(ApiFault):
    def begins(self, parts: Parts) -> None:
        for one in parts.api.service.revisions:
            parts.api.code_of(one.name).hangs = True
