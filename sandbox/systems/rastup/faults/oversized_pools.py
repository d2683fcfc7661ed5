"""A deployment makes the API's pools so large that all tasks together want more than the database has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sandbox.fleet import Size
from sandbox.held import Held
from sandbox.systems.rastup.cloud import API
from sandbox.systems.rastup.fault import Clients
from sandbox.systems.rastup.parts import Parts

LARGE: Final = Size(tasks=4, pool_size=12)
"""Together they want more slots than there are."""


@dataclass(kw_only=True)
class OversizedPools(Clients):
    """Every pool stays full and each of its sessions is used now and then, until a smaller one is deployed."""

    @property
    def client(self) -> str:
        """The API itself."""
        return API

    def start(self, parts: Parts) -> None:
        """Deploy."""
        parts.deploy(LARGE)
        self.held = Held(dsn=self.dsn(parts))
        self.live(parts)

    def live(self, parts: Parts) -> None:
        """Be as large as the pools are, and use them."""
        if self.held is not None:
            self.held.say("SELECT 1")
            self.held.shrink(parts.deployed.sessions)
            self.held.fill(most=parts.deployed.sessions)
