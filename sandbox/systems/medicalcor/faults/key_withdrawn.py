"""The key that callers show was withdrawn, because strangers have it."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.api.faulty import ApiFault
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class KeyWithdrawn(ApiFault):
    def begins(self, parts: Parts) -> None:
        parts.callers.over[parts.callers.shows] = "withdrawn"
