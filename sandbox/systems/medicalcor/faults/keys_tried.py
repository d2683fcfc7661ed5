"""Somebody tries one made-up key after another, thirty a minute; those who call with the right one are served."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.api.faulty import ApiFault
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class KeysTried(ApiFault):
    def begins(self, parts: Parts) -> None:
        parts.callers.guesses, parts.callers.tries = 0.5, True
