"""Too few processors, while the dead-letter queue is full of what was given up last week."""

from __future__ import annotations

from dataclasses import dataclass

from journal import clock
from sandbox.systems.rastup.faults.too_few_processors import TooFewProcessors
from sandbox.systems.rastup.parts import Parts
from sandbox.systems.rastup.queueing import give_up

BEFORE = 14.0


@dataclass(kw_only=True)
class TooFewBesideOldDeadLetters(TooFewProcessors):
    def spoil(self, parts: Parts) -> None:
        """Fill the one, let that be counted for as long as anybody looks back, and lower the ceiling."""
        give_up(parts, messages=40)
        clock.sleep(BEFORE)
        super().spoil(parts)
