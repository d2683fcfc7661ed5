"""A report was in the way of the replica's replay, and the replica has cancelled it by itself: nothing is late."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.database import as_admin
from sandbox.systems.rastup.parts import Parts
from sandbox.systems.rastup.replica import Reporting, write


@dataclass(kw_only=True)
class ConflictOver(Reporting):
    def start(self, parts: Parts) -> None:
        """Report, clear away what it still sees, and let the replica end it."""
        parts.replica.ends_queries_at_once()
        self.report(parts)
        write(parts)
        with as_admin(parts.postgres.address) as connection:
            connection.execute("VACUUM messages")
        parts.replica.catch_up()
