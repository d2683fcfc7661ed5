"""Sessions are nowhere to be found where the pages look for them."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.api.faulty import ApiFault
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class SessionsForgotten(ApiFault):
    def begins(self, parts: Parts) -> None:
        parts.signed_in.forgets = True
