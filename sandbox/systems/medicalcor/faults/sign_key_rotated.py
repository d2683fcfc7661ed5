"""A key to sign tokens with is made, which the pages read at once, and whoever signs does not."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.api.faulty import ApiFault
from sandbox.systems.medicalcor.api.signed_in import KEPT
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class SignKeyRotated(ApiFault):
    def begins(self, parts: Parts) -> None:
        keys = parts.signed_in
        keys.reads(keys.secrets.add(KEPT, "jwt-0practice-only-next"), only_pages=True)
