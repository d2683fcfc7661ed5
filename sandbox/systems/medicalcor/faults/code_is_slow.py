"""The API's own code takes three seconds for each request, whichever revision answers: what it is sent has grown."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.api.faulty import ApiFault
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class CodeIsSlow(ApiFault):
    def begins(self, parts: Parts) -> None:
        for one in parts.api.service.revisions:
            parts.api.code_of(one.name).works = 3.0
