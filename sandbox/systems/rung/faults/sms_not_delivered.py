"""A user's second factor is a code by SMS, and the provider does not deliver it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.faults.fault import Scene
from sandbox.systems.rung import people
from sandbox.systems.rung.faulty_login import LoginFault
from sandbox.systems.rung.login import APP


@dataclass(kw_only=True)
class SmsNotDelivered(LoginFault):
    """Ada is asked for a code that never comes. No page names it."""

    @property
    def conditions(self) -> Mapping[str, Any]:
        """The provider fails."""
        return {"sms_not_delivered": people.ADA.sub}

    def start(self, scene: Scene) -> None:
        """Give her SMS in place of the authenticator."""
        self._factors(scene, app={"Enabled": False, "PreferredMfa": False}, sms=APP)
        super().start(scene)

    def heal(self, scene: Scene) -> None:
        """Take it away again."""
        super().heal(scene)
        self._factors(scene, app=APP, sms={"Enabled": False, "PreferredMfa": False})

    def _factors(self, scene: Scene, *, app: Mapping[str, bool], sms: Mapping[str, bool]) -> None:
        self.login(scene).user("admin_set_user_mfa_preference", SoftwareTokenMfaSettings=app, SMSMfaSettings=sms)
