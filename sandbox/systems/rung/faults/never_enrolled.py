"""A user has no second factor, in a pool that asks for one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.faults.fault import Scene
from sandbox.systems.rung.faulty_login import LoginFault


@dataclass(kw_only=True)
class NeverEnrolled(LoginFault):
    """Ada never set up an authenticator."""

    @property
    def conditions(self) -> Mapping[str, Any]:
        """None: the account says it."""
        return {}

    def start(self, scene: Scene) -> None:
        """Take hers away."""
        super().start(scene)
        off = {"Enabled": False, "PreferredMfa": False}
        self.login(scene).user("admin_set_user_mfa_preference", SoftwareTokenMfaSettings=off)
