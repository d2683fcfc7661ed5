"""Somebody paused the replica's replay and forgot it."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.rastup.fault import Fault
from sandbox.systems.rastup.parts import Parts
from sandbox.systems.rastup.replica import wait_until_late, write


@dataclass(kw_only=True)
class ReplayPaused(Fault):
    def start(self, parts: Parts) -> None:
        """Pause, and write what is not replayed then."""
        parts.replica.pause()
        write(parts)
        wait_until_late(parts)
