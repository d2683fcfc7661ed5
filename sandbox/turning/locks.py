"""A job of a world's database that holds locks, and users who wait for what it holds."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, field
from typing import LiteralString

from journal import clock
from sandbox.held import Held
from sandbox.turning.questions import SlowQuestion, refresh
from sandbox.turning.sessions import RIPE, W


@dataclass(kw_only=True)
class Locked(SlowQuestion[W]):
    """Its one session opens a transaction and walks away from it."""

    job: Held | None = field(default=None, init=False, repr=False)

    @property
    @abstractmethod
    def holder(self) -> str:
        """What the session calls itself."""

    @property
    @abstractmethod
    def holds(self) -> tuple[LiteralString, ...]:
        """What it says before it walks away."""

    @property
    def works(self) -> LiteralString | None:
        """A last statement that it works on, and whose answer does not come."""
        return None

    def dsn(self, parts: W) -> str:
        """Who holds the locks."""
        address = parts.postgres.address
        return address.dsn(address.roles.application, application_name=self.holder)

    def spoil(self, parts: W) -> None:
        """Take the locks before the users come."""
        refresh(parts.postgres.address, self.tables)
        self.job = Held(dsn=self.dsn(parts))
        self.job.open(*self.holds, waits=self.works)
        clock.sleep(RIPE)

    def heal(self, parts: W) -> None:
        """End the job."""
        if self.job is not None:
            self.job.close()
        super().heal(parts)
