"""The API's own code throws at three requests in ten, whichever revision answers: what it is sent has changed."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.api.faulty import ApiFault
from sandbox.systems.medicalcor.parts import Parts

SHARE = 0.3


@dataclass(kw_only=True)
class CodeThrows(ApiFault):
    def begins(self, parts: Parts) -> None:
        throw(parts, SHARE)


def throw(parts: Parts, share: float) -> None:
    """Let every revision that there is throw at so many requests."""
    for one in parts.api.service.revisions:
        parts.api.code_of(one.name).throws = share
