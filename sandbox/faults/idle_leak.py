"""A client opens sessions, uses each once, and never gives one back."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.crowd import Crowd
from sandbox.faults.fault import CrowdFault, Scene

STATEMENTS = ["SELECT count(*) FROM audit_logs"]


@dataclass(kw_only=True)
class IdleLeak(CrowdFault):
    """Idle sessions until no slot is left.

    `most`: sessions at most. `persistent`: goes on opening (twice a second) after the server has ended one; without
    it the clients take the hint.
    """

    most: int = 150
    persistent: bool = False

    @property
    def cause(self) -> str:
        """Its name."""
        return "idle_leak"

    @property
    def application_name(self) -> str:
        """The client."""
        return "rung-reports"

    def gather(self, scene: Scene, dsn: str) -> Crowd:
        """Start the leak."""
        return Crowd(
            "leaking",
            home=scene.home,
            name=self.cause,
            lives_for=self.lives_for,
            dsn=dsn,
            statements=STATEMENTS,
            most=self.most,
            persistent=self.persistent,
        )
