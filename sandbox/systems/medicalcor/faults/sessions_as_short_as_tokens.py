"""A revision of the pages is deployed by whose settings sessions end as soon as tokens do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sandbox.systems.medicalcor.api.faulty import ApiFault, pass_by
from sandbox.systems.medicalcor.api.signed_in import SESSION, TOKEN, USUAL
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class SessionsAsShortAsTokens(ApiFault):
    def start(self, parts: Parts) -> None:
        """All who were out at once are so again when their first session ends."""
        super().start(parts)
        pass_by(timedelta(minutes=7))

    def begins(self, parts: Parts) -> None:
        parts.signed_in.deploy({SESSION: USUAL[TOKEN]})
