"""A job in the background lays what it cannot do among the dead letters of webhooks; webhooks themselves are well."""

from __future__ import annotations

import json
from dataclasses import dataclass

from journal import clock
from sandbox.systems.medicalcor.faults.dead_letters import DEAD
from sandbox.systems.medicalcor.faults.letters_left_over import LettersLeftOver
from sandbox.systems.medicalcor.parts import Parts

MOST = 300


@dataclass(kw_only=True)
class LettersOfAJob(LettersLeftOver):
    laid: int = 0

    def begins(self, parts: Parts) -> None:
        self.live(parts)

    def live(self, parts: Parts) -> None:
        """One more at each turn."""
        if self.laid >= MOST:
            return
        self.laid += 1
        item = {"id": f"job-{self.laid}", "type": "report.daily", "failed_at": clock.now().timestamp()}
        with parts.valkey.client() as client:
            client.rpush(DEAD, json.dumps(item))
