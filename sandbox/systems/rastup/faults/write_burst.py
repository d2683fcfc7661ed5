"""Much is written at once, and the replica needs a while to replay it."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.rastup.fault import Fault
from sandbox.systems.rastup.parts import Parts
from sandbox.systems.rastup.replica import BURST, MB, wait_until_late, write


@dataclass(kw_only=True)
class WriteBurst(Fault):
    def start(self, parts: Parts) -> None:
        """Write, faster than it is replayed."""
        parts.replica.hold()
        write(parts, BURST)
        wait_until_late(parts)

    def live(self, parts: Parts) -> None:
        """Replay a part of it."""
        parts.replica.replay_some(MB // 2)
