"""A report on the replica keeps rows that its replay has to remove, and the replica never ends such a report."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.database import as_admin
from sandbox.systems.rastup.parts import Parts
from sandbox.systems.rastup.replica import Reporting, wait_until_late, write


@dataclass(kw_only=True)
class ReplayHeld(Reporting):
    def start(self, parts: Parts) -> None:
        """Report, and have the primary clear away what the report still sees."""
        parts.replica.never_ends_queries()
        self.report(parts)
        write(parts)
        with as_admin(parts.postgres.address) as connection:
            connection.execute("VACUUM messages")
        write(parts)
        wait_until_late(parts)
