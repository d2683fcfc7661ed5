"""An administrator has reset a user's password, and the code to choose another never arrives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.faults.fault import Scene
from sandbox.systems.rung import people
from sandbox.systems.rung.faulty_login import LoginFault


@dataclass(kw_only=True)
class ResetPending(LoginFault):
    """Ada is told to choose a new password, and cannot. No page names it."""

    @property
    def conditions(self) -> Mapping[str, Any]:
        """Whose codes do not arrive."""
        return {"codes_not_delivered": people.ADA.sub}

    def start(self, scene: Scene) -> None:
        """Reset it."""
        super().start(scene)
        self.login(scene).user("admin_reset_user_password")
