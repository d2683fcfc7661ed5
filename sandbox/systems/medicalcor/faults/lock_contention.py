"""A job updates rows, does not commit, and everybody who needs those rows waits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, LiteralString

from sandbox.systems.medicalcor.questions import Locked

SYNC: Final = "medicalcor-sync"


@dataclass(kw_only=True)
class LockContention(Locked):
    """What copies leads to HubSpot holds row locks in an open transaction; users update those rows."""

    @property
    def question(self) -> LiteralString:
        """A lead that is locked."""
        return "UPDATE leads SET status = status WHERE id = 7"

    @property
    def glance(self) -> LiteralString:
        """One lead."""
        return "SELECT status FROM leads WHERE id = 7"

    @property
    def holder(self) -> str:
        """The job."""
        return SYNC

    @property
    def holds(self) -> tuple[LiteralString, ...]:
        """All of a transaction but its end."""
        return "BEGIN", "UPDATE leads SET status = status WHERE id <= 100"
