"""A revision is deployed that compares keys wrongly, so that it knows none."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.api.faulty import ApiFault
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class KeyMisread(ApiFault):
    def begins(self, parts: Parts) -> None:
        parts.callers.misread_by.add(parts.api.deploy())
