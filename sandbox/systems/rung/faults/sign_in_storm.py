"""An app client signs in so often that Cognito throttles everybody."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.faults.fault import Scene
from sandbox.systems.rung.faulty_login import PoolFault


@dataclass(kw_only=True)
class SignInStorm(PoolFault):
    """Somebody has made an importer that signs in for every row."""

    def start(self, scene: Scene) -> None:
        """Make its app client."""
        self.login(scene).make_importer()
