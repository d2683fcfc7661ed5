"""The clock of whoever signs tokens is twenty minutes behind, so that each has ended before it is shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sandbox.systems.medicalcor.api.faulty import ApiFault
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class SignerClockBehind(ApiFault):
    def begins(self, parts: Parts) -> None:
        parts.signed_in.behind = timedelta(minutes=20)
