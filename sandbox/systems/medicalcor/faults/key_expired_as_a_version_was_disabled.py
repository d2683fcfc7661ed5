"""The time of the key is over, and a version that was added after it may not be read by anybody."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.api.callers import KEPT
from sandbox.systems.medicalcor.faults.key_expired import KeyExpired
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class KeyExpiredAsAVersionWasDisabled(KeyExpired):
    def begins(self, parts: Parts) -> None:
        number = parts.project.secrets.add(KEPT, "mck_live_0practice0next0nly2b7d4e")
        parts.project.secrets.kept[KEPT][number - 1].state = "DISABLED"
        super().begins(parts)
