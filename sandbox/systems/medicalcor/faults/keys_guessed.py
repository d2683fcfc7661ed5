"""A stranger tries keys now and then, as on good days, and is refused."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.api.faulty import ApiFault
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class KeysGuessed(ApiFault):
    def begins(self, parts: Parts) -> None:
        parts.callers.guesses = 0.03
