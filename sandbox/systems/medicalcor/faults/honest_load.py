"""Nobody misbehaves: there are more clients with real work than `max_connections` has room for."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.held import Held
from sandbox.systems.medicalcor.parts import SLOTS, Parts
from sandbox.systems.medicalcor.sessions import Clients

MANY = SLOTS * 5 // 4


@dataclass(kw_only=True)
class HonestLoad(Clients):
    """Clients busy with short transactions, each trying again until it has a session."""

    most: int = MANY

    @property
    def client(self) -> str:
        """Jobs of Trigger.dev."""
        return "medicalcor-jobs"

    def start(self, parts: Parts) -> None:
        """Let them come."""
        self.held = Held(dsn=self.dsn(parts))
        self.live(parts)

    def live(self, parts: Parts) -> None:
        """The next transaction of each."""
        if self.held is not None:
            self.held.fill(most=self.most)
            self.held.say("COMMIT; BEGIN; SELECT count(*) FROM leads WHERE id < 10")
