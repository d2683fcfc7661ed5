"""The function that Cognito calls before every sign-in asks the database, where a client has left no slot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.faults.fault import Scene
from sandbox.held import Held
from sandbox.systems.rung.faulty_login import PoolFault


@dataclass(kw_only=True)
class LoginWithoutSlots(PoolFault):
    """A client opens sessions, uses each once, and keeps them; it does not come back once they are ended.

    `application_name`: what its sessions call themselves.
    """

    application_name: str = "rung-reports"
    _held: Held | None = field(default=None, init=False, repr=False)

    @property
    def conditions(self) -> Mapping[str, Any]:
        """The function asks; whether it gets an answer is what the real database says."""
        return {"signing_in_asks_database": True}

    def start(self, scene: Scene) -> None:
        """Take every slot."""
        self._held = Held(dsn=scene.address.dsn("rung_app", application_name=self.application_name))
        self._held.fill("SELECT count(*) FROM audit_logs")
        super().start(scene)

    def heal(self, scene: Scene) -> None:
        """Give them all back."""
        super().heal(scene)
        if self._held is not None:
            self._held.close()
