"""Nobody misbehaves: there are more clients with real work than `max_connections` has room for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import LiteralString

from sandbox.systems.medicalcor.parts import SLOTS
from sandbox.systems.medicalcor.sessions import Busy

MANY = SLOTS * 5 // 4


@dataclass(kw_only=True)
class HonestLoad(Busy):
    most: int = MANY

    @property
    def client(self) -> str:
        """Jobs of Trigger.dev."""
        return "medicalcor-jobs"

    @property
    def says(self) -> LiteralString:
        """A short transaction."""
        return "COMMIT; BEGIN; SELECT count(*) FROM leads WHERE id < 10"
