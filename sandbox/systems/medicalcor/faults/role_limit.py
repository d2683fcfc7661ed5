"""The application's role has a connection limit of its own, and has used it up while the server is half empty."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.guests import set_limit
from sandbox.held import Held
from sandbox.systems.medicalcor.parts import Parts
from sandbox.systems.medicalcor.project import API
from sandbox.systems.medicalcor.schema import ROLES
from sandbox.systems.medicalcor.sessions import Clients

LIMIT = 6


@dataclass(kw_only=True)
class RoleLimit(Clients):
    """As many sessions in use as the role may hold, and not one more."""

    @property
    def client(self) -> str:
        """The API itself."""
        return API

    def start(self, parts: Parts) -> None:
        """Limit the role, and use it up."""
        set_limit(parts.postgres.address, ROLES.application, LIMIT)
        self.held = Held(dsn=self.dsn(parts))
        self.held.fill(most=LIMIT)

    def live(self, parts: Parts) -> None:
        """Use them now and then."""
        if self.held is not None:
            self.held.say("SELECT 1")

    def heal(self, parts: Parts) -> None:
        """Nobody is limited."""
        set_limit(parts.postgres.address, ROLES.application, -1)
        super().heal(parts)
