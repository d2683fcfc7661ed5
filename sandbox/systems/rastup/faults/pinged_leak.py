"""A client opens sessions, gives none back, and keeps each alive by a ping: it stands still, and seems to work."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.rastup.faults.idle_leak import IdleLeak
from sandbox.systems.rastup.parts import Parts


@dataclass(kw_only=True)
class PingedLeak(IdleLeak):
    """Sessions that are never idle for long, and never at work. No page names it."""

    def live(self, parts: Parts) -> None:
        """Ping."""
        if self.held is not None:
            self.held.say("SELECT 1")
