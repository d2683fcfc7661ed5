"""A burst of messages, of which most are worked off: the oldest gets younger."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.rastup.queueing import Conditions, Queueing


@dataclass(kw_only=True)
class BurstNearlyOver(Queueing):
    lasts: float = 1.5
    until_shorter: bool = True

    def conditions(self) -> Conditions:
        """Many are sent."""
        return {"sent": 90}
