"""Redis takes nothing any more, so that no request's limit can be counted and each is refused with a 500."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.api.faulty import ApiFault
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class LimitsNotCounted(ApiFault):
    def begins(self, parts: Parts) -> None:
        parts.valkey.does("CONFIG", "SET", "maxmemory", "1")
