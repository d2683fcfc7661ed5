"""A client opens sessions, never gives one back, and keeps each alive by a ping: it stands still, and seems to work."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.rung.faults.idle_leak import IdleLeak


@dataclass(kw_only=True)
class PingedLeak(IdleLeak):
    """Sessions that are never idle for long, and never at work. No page names it."""

    ping: float | None = 0.5

    @property
    def cause(self) -> str:
        """Its name."""
        return "pinged_leak"
