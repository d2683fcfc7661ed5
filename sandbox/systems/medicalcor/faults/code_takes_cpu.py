"""Whatever revision answers, its requests take three times as much CPU: a list has grown through which each goes."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.api.faulty import ApiFault
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class CodeTakesCpu(ApiFault):
    def begins(self, parts: Parts) -> None:
        for one in parts.api.service.revisions:
            parts.api.code_of(one.name).burns = 3.0
