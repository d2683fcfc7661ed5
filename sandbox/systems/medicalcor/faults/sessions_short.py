"""A revision of the pages is deployed by whose settings sessions end after ten minutes."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.api.faulty import ApiFault
from sandbox.systems.medicalcor.api.signed_in import SESSION
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class SessionsShort(ApiFault):
    def begins(self, parts: Parts) -> None:
        parts.signed_in.deploy({SESSION: "10m"})
