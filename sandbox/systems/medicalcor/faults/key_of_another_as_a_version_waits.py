"""Callers are deployed with a key that was never issued, while a version of the secret waits to be deployed."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.api.callers import KEPT
from sandbox.systems.medicalcor.faults.key_of_another import KeyOfAnother
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class KeyOfAnotherAsAVersionWaits(KeyOfAnother):
    def begins(self, parts: Parts) -> None:
        parts.project.secrets.add(KEPT, "mck_live_0practice0next0nly2b7d4e")
        super().begins(parts)
