"""A job updates rows, does not commit, and everybody who needs those rows waits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import LiteralString

from sandbox.systems.rastup.fault import Locked


@dataclass(kw_only=True)
class LockContention(Locked):
    """What copies profiles to the search holds row locks in an open transaction; users update those rows."""

    @property
    def question(self) -> LiteralString:
        """A profile that is locked."""
        return "UPDATE users SET kind = kind WHERE id = 7"

    @property
    def glance(self) -> LiteralString:
        """One profile."""
        return "SELECT kind FROM users WHERE id = 7"

    @property
    def holder(self) -> str:
        """The job."""
        return "rastup-search-indexer"

    @property
    def holds(self) -> tuple[LiteralString, ...]:
        """All of a transaction but its end."""
        return "BEGIN", "UPDATE users SET kind = kind WHERE id <= 100"
