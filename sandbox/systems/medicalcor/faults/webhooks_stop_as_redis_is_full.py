"""What cannot be processed fills Redis, until nothing more can be kept of any webhook: all fail."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.api.faulty import A_MINUTE, UNTIL_TOLD, pass_by
from sandbox.systems.medicalcor.faults.dead_letters import DeadLetters
from sandbox.systems.medicalcor.parts import Parts
from sandbox.turns import SHORT, take


@dataclass(kw_only=True)
class WebhooksStopAsRedisIsFull(DeadLetters):
    def start(self, parts: Parts) -> None:
        take(A_MINUTE)
        super().start(parts)
        pass_by(UNTIL_TOLD)

    def heal(self, parts: Parts) -> None:
        take(SHORT)
