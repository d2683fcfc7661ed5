"""Nobody misbehaves: there are more clients with real work than `max_connections` has room for."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.client_load import ClientLoad
from sandbox.database import read_slots
from sandbox.faults.fault import ClientLoadFault, Scene


@dataclass(kw_only=True)
class HonestLoad(ClientLoadFault):
    """Clients busy with short transactions, each trying again until it has a session.

    `clients`: how many; by default a quarter more than the server has slots, so that twice the slots serve all of them.
    """

    clients: int | None = None

    @property
    def cause(self) -> str:
        """Its name."""
        return "honest_load"

    @property
    def application_name(self) -> str:
        """The clients."""
        return "rung-lambda"

    def gather(self, scene: Scene, dsn: str) -> ClientLoad:
        """Start the clients."""
        clients = self.clients or read_slots(scene.address).max_connections * 5 // 4
        return ClientLoad("busy", home=scene.home, name=self.cause, lives_for=self.lives_for, dsn=dsn, clients=clients)
