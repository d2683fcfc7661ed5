"""The replica's processors are busy with its readers, so it replays more slowly than its primary writes."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.simulators import BUSY
from sandbox.systems.rastup.fault import Fault
from sandbox.systems.rastup.parts import Parts
from sandbox.systems.rastup.replica import BURST, MB, wait_until_late, write


@dataclass(kw_only=True)
class ReplicaTooSmall(Fault):
    def start(self, parts: Parts) -> None:
        """Write more than it can take."""
        parts.replica.hold()
        parts.told.cpu = BUSY
        write(parts, BURST)
        wait_until_late(parts)

    def live(self, parts: Parts) -> None:
        """Replay a little and write more, until somebody has given it a larger class."""
        if parts.told.cpu == BUSY:
            parts.replica.replay_some(MB // 64)
            write(parts, rows=1000)
