"""An administrator disabled a user; with `risky`, because somebody else had signed in as them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.faults.fault import Scene
from sandbox.systems.rung import people
from sandbox.systems.rung.faulty_login import LoginFault


@dataclass(kw_only=True)
class UserDisabled(LoginFault):
    """Ada is disabled. `risky`: an intruder had used the account before, and Cognito noticed."""

    risky: bool = False

    @property
    def conditions(self) -> Mapping[str, Any]:
        """None: the account says it."""
        return {}

    def start(self, scene: Scene) -> None:
        """Disable the account."""
        super().start(scene)
        self.login(scene).user("admin_disable_user")
        if self.risky:
            scene.aws.set_conditions({"intruder_refused": people.ADA.sub})

    def heal(self, scene: Scene) -> None:
        """Enable it."""
        scene.aws.set_conditions({"intruder_refused": None})
        super().heal(scene)
