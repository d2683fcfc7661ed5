"""A client opens sessions, uses each once, and never gives one back."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.leaks import LeakFault


@dataclass(kw_only=True)
class IdleLeak(LeakFault):
    """Idle sessions until no slot is left."""

    @property
    def cause(self) -> str:
        """Its name."""
        return "idle_leak"

    @property
    def application_name(self) -> str:
        """The client."""
        return "rung-reports"

    @property
    def statements(self) -> list[str]:
        """The one use."""
        return ["SELECT count(*) FROM audit_logs"]
