"""The pages do not renew tokens any more."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.api.faulty import ApiFault
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class TokensNotRenewed(ApiFault):
    def begins(self, parts: Parts) -> None:
        parts.signed_in.renews = False
