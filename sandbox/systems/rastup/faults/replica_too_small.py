"""The replica is so busy with its readers that its replay hardly gets a processor, while its primary writes on."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.simulators import BUSY
from sandbox.systems.rastup.fault import Fault
from sandbox.systems.rastup.parts import Parts
from sandbox.systems.rastup.replica import wait_until_late, write


@dataclass(kw_only=True)
class ReplicaTooSmall(Fault):
    def start(self, parts: Parts) -> None:
        """Leave replay no processor, and write."""
        parts.replica.hold()
        parts.told.cpu = BUSY
        write(parts)
        wait_until_late(parts)

    def live(self, parts: Parts) -> None:
        """Write on, until somebody has given it a larger class."""
        if parts.told.cpu == BUSY:
            write(parts, rows=100)
