"""Google's own part of the way fails, in the minute in which somebody deploys a revision that changes nothing."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.faults.google_out import GoogleOut
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class GoogleOutAfterARelease(GoogleOut):
    def begins(self, parts: Parts) -> None:
        parts.api.deploy()
        super().begins(parts)
