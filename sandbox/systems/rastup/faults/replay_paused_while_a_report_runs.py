"""Replay is paused, and a report keeps the replica busy that has nothing to do with it: replay waits for nobody."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.simulators import BUSY
from sandbox.systems.rastup.parts import Parts
from sandbox.systems.rastup.replica import Reporting, wait_until_late, write


@dataclass(kw_only=True)
class ReplayPausedWhileAReportRuns(Reporting):
    def start(self, parts: Parts) -> None:
        """Report, and pause."""
        self.report(parts)
        parts.told.cpu = BUSY
        parts.replica.pause()
        write(parts)
        wait_until_late(parts)
