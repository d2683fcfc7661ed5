"""A revision compares keys wrongly, while a version of the secret waits that nobody was given."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.api.callers import KEPT
from sandbox.systems.medicalcor.faults.key_misread import KeyMisread
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class KeyMisreadAsAVersionWaits(KeyMisread):
    def begins(self, parts: Parts) -> None:
        parts.project.secrets.add(KEPT, "mck_live_0practice0next0nly2b7d4e")
        super().begins(parts)
