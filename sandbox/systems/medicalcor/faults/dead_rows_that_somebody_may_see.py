"""Dead rows pile up because a report has been open for long, and could still see them: nobody can take them out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from journal import clock
from sandbox.held import Held
from sandbox.systems.medicalcor.faults.dead_rows import DeadRows
from sandbox.systems.medicalcor.parts import Parts

REPORT: Final = "medicalcor-reports"
OPEN_FOR: Final = 6 * 60.0


@dataclass(kw_only=True)
class DeadRowsThatSomebodyMaySee(DeadRows):
    report: Held | None = field(default=None, init=False, repr=False)

    def spoil(self, parts: Parts) -> None:
        """Begin the report first."""
        address = parts.postgres.address
        self.report = Held(dsn=address.dsn(address.roles.application, application_name=REPORT))
        self.report.open("BEGIN ISOLATION LEVEL REPEATABLE READ", "SELECT count(*) FROM leads")
        super().spoil(parts)
        clock.sleep(OPEN_FOR)

    def heal(self, parts: Parts) -> None:
        """End the report, so that what is dead can be taken out."""
        if self.report is not None:
            self.report.close()
        super().heal(parts)
