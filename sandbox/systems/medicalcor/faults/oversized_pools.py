"""A deployment makes the API's pools so large that all instances together want more than the database has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sandbox.held import Held
from sandbox.systems.medicalcor.parts import Parts
from sandbox.systems.medicalcor.project import API
from sandbox.systems.medicalcor.sessions import Clients

LARGE: Final = 12
"""Four instances with as many connections each want more slots than there are."""


@dataclass(kw_only=True)
class OversizedPools(Clients):
    """Every pool stays full and each of its sessions is used now and then, until a smaller one is deployed."""

    @property
    def client(self) -> str:
        """The API itself."""
        return API

    def start(self, parts: Parts) -> None:
        """Deploy."""
        parts.project.deploy_pool(LARGE)
        self.held = Held(dsn=self.dsn(parts))
        self.live(parts)

    def live(self, parts: Parts) -> None:
        """Be as large as the pools are, and use them."""
        if self.held is not None:
            self.held.say("SELECT 1")
            self.held.shrink(parts.project.pooled)
            self.held.fill(most=parts.project.pooled)
