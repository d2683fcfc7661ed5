"""The replica does not reach its primary any more."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.rastup.fault import Fault
from sandbox.systems.rastup.parts import Parts
from sandbox.systems.rastup.replica import wait_until_late, write


@dataclass(kw_only=True)
class ReplicaCutOff(Fault):
    def start(self, parts: Parts) -> None:
        """Cut it off, and write what does not reach it."""
        parts.replica.cut_off()
        write(parts)
        wait_until_late(parts)
