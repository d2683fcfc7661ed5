"""The app client no longer allows the way in which rung signs users in."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.faults.fault import Scene
from sandbox.systems.rung.faulty_login import PoolFault


@dataclass(kw_only=True)
class SignInFlowOff(PoolFault):
    """The app client only renews tokens."""

    def start(self, scene: Scene) -> None:
        """Take the flow away."""
        self.login(scene).allow("ALLOW_REFRESH_TOKEN_AUTH")
