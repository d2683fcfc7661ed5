"""One message of fourteen is one that the processor cannot read, and fails its batch."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.rastup.queueing import Conditions, Queueing


@dataclass(kw_only=True)
class PoisonMessages(Queueing):
    def conditions(self) -> Conditions:
        """Such are sent."""
        return {"bad": 14}
