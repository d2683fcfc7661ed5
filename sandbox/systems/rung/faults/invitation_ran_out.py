"""A user never used the invitation, and its temporary password has run out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.faults.fault import Scene
from sandbox.systems.rung import people
from sandbox.systems.rung.faulty_login import LoginFault


@dataclass(kw_only=True)
class InvitationRanOut(LoginFault):
    """Ada was invited, and did not come in time."""

    days_ago: int = 8

    @property
    def conditions(self) -> Mapping[str, Any]:
        """When she was invited."""
        return {"invited_days_ago": self.days_ago}

    def start(self, scene: Scene) -> None:
        """Give the account a temporary password of that day."""
        super().start(scene)
        self.login(scene).user("admin_set_user_password", Password=people.PASSWORD, Permanent=False)
