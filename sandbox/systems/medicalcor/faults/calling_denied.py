"""Somebody takes away that everybody may call the service."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.api.faulty import ApiFault
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class CallingDenied(ApiFault):
    def begins(self, parts: Parts) -> None:
        parts.api.service.public = False
