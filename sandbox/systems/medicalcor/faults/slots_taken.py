"""Reports take every slot of the database, and the API's session is ended in a failover: it comes in no more."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.database import end_sessions
from sandbox.systems.medicalcor.api.backing import NAME
from sandbox.systems.medicalcor.api.faulty import A_MINUTE, UNTIL_TOLD, pass_by
from sandbox.systems.medicalcor.faults.idle_leak import IdleLeak
from sandbox.systems.medicalcor.parts import Parts
from sandbox.turns import SHORT, take


@dataclass(kw_only=True)
class SlotsTaken(IdleLeak):
    def start(self, parts: Parts) -> None:
        """Let the API in last, when there is no slot left."""
        super().start(parts)
        end_sessions(parts.postgres.address, NAME)
        assert self.held is not None
        self.held.fill(*self.says, waits=self.waits, most=self.most)
        take(A_MINUTE)
        pass_by(UNTIL_TOLD)

    def heal(self, parts: Parts) -> None:
        take(SHORT)
        super().heal(parts)
