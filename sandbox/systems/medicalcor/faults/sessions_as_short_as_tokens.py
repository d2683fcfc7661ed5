"""A revision of the pages is deployed by whose settings sessions end as soon as tokens do."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.api.faulty import ApiFault
from sandbox.systems.medicalcor.api.signed_in import SESSION, TOKEN, USUAL
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class SessionsAsShortAsTokens(ApiFault):
    def begins(self, parts: Parts) -> None:
        parts.signed_in.deploy({SESSION: USUAL[TOKEN]})
