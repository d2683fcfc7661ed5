"""Callers are deployed with a key that was never issued."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.api.callers import NEVER
from sandbox.systems.medicalcor.api.faulty import ApiFault
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class KeyOfAnother(ApiFault):
    def begins(self, parts: Parts) -> None:
        parts.callers.shows = NEVER
