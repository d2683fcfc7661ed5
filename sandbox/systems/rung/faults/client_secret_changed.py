"""The secret of the app client was changed, and the app still has the old one: nobody signs in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.faults.fault import Scene
from sandbox.systems.rung.faulty_login import PoolFault


@dataclass(kw_only=True)
class ClientSecretChanged(PoolFault):
    """Cognito is well, its functions work, and the flow is allowed. No page names it."""

    @property
    def conditions(self) -> Mapping[str, Any]:
        """What every sign-in is told."""
        return {"client_secret_changed": True}

    def start(self, scene: Scene) -> None:
        """Nothing of the pool's settings shows it."""
        scene.aws.set_conditions(self.conditions)
