"""A job updates rows, does not commit, and everybody who needs those rows waits."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, LiteralString

from journal import clock
from sandbox.held import Held
from sandbox.systems.medicalcor.parts import Parts
from sandbox.systems.medicalcor.questions import REFRESHED, SlowQuestion
from sandbox.systems.medicalcor.sessions import RIPE
from sandbox.tables import run

SYNC: Final = "medicalcor-sync"


@dataclass(kw_only=True)
class LockContention(SlowQuestion):
    """What copies leads to HubSpot holds row locks in an open transaction; users update those rows."""

    job: Held | None = field(default=None, init=False, repr=False)

    @property
    def question(self) -> LiteralString:
        """A lead that is locked."""
        return "UPDATE leads SET status = status WHERE id = 7"

    @property
    def glance(self) -> LiteralString:
        """One lead."""
        return "SELECT status FROM leads WHERE id = 7"

    def dsn(self, parts: Parts) -> str:
        """Who holds the locks."""
        address = parts.postgres.address
        return address.dsn(address.roles.application, application_name=SYNC)

    def spoil(self, parts: Parts) -> None:
        """Take the locks before the users come."""
        run(parts.postgres.address, REFRESHED)
        self.job = Held(dsn=self.dsn(parts))
        self.job.open("BEGIN", "UPDATE leads SET status = status WHERE id <= 100")
        clock.sleep(RIPE)

    def heal(self, parts: Parts) -> None:
        """End the job."""
        if self.job is not None:
            self.job.close()
        super().heal(parts)
