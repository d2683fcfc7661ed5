"""Locks keep users waiting; a report reads a large table without an index meanwhile, quickly enough for its reader."""

from __future__ import annotations

from dataclasses import dataclass
from typing import LiteralString

from sandbox.systems.medicalcor.faults.lock_contention import LockContention
from sandbox.systems.medicalcor.faults.missing_index import GROWN, SHRUNK
from sandbox.systems.medicalcor.parts import Parts
from sandbox.tables import WITHOUT_TRIGGERS, run


@dataclass(kw_only=True)
class ScansWhileLocked(LockContention):
    """What a missing index looks like, and is not."""

    @property
    def glance(self) -> LiteralString:
        """The report."""
        return "SELECT count(*) FROM messages WHERE lead_id = 7"

    def spoil(self, parts: Parts) -> None:
        """Let the table grow first."""
        run(parts.postgres.address, WITHOUT_TRIGGERS + GROWN)
        super().spoil(parts)

    @property
    def repairs(self) -> tuple[LiteralString, ...]:
        """Shrink it again."""
        return (WITHOUT_TRIGGERS + SHRUNK,)
