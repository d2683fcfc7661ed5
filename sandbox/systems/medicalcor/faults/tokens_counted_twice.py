"""Two collectors read the counter of tokens, so that each counts twice; calls are as usual."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.api.costly import A_QUARTER
from sandbox.systems.medicalcor.api.faulty import ApiFault, pass_by
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class TokensCountedTwice(ApiFault):
    def begins(self, parts: Parts) -> None:
        parts.usage.counted = 2
        pass_by(A_QUARTER)
