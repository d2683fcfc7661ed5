"""The process that replays stands still, as where its disk does not answer: no view of the server tells why."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.rastup.fault import Fault
from sandbox.systems.rastup.parts import Parts
from sandbox.systems.rastup.replica import wait_until_late, write


@dataclass(kw_only=True)
class ReplayStandsStill(Fault):
    def start(self, parts: Parts) -> None:
        """Hold it, and write what it does not replay."""
        parts.replica.hold()
        write(parts)
        wait_until_late(parts)
