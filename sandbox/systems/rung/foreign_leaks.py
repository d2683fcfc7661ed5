"""Faults of clients that are not rung's: another role, perhaps in a database of its own on the same server."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

from sandbox.faults.fault import Scene
from sandbox.guests import admit_guest, dismiss_guest
from sandbox.leaks import LeakFault


@dataclass(kw_only=True)
class ForeignLeak(LeakFault):
    """Idle sessions of somebody else until no slot is left. Its role and database are made for it, and dropped again.

    rung's own sessions are innocent, and ending them would only make room for the leak.
    """

    @property
    @abstractmethod
    def role(self) -> str:
        """Whose sessions they are."""

    @property
    def database(self) -> str | None:
        """A database of its own; none: rung's."""
        return None

    @property
    def application_name(self) -> str:
        """What its sessions call themselves."""
        return f"{self.role}-client"

    @property
    def statements(self) -> list[str]:
        """The one use of a session."""
        return ["SELECT 1"]

    def start(self, scene: Scene) -> None:
        """Make the role and its database, then leak."""
        dsn = admit_guest(scene.address, self.role, self.database, application_name=self.application_name)
        self.client_load = self.gather(scene, dsn)

    def heal(self, scene: Scene) -> None:
        """End the leak, and drop what was made for it."""
        super().heal(scene)
        dismiss_guest(scene.address, self.role, self.database)
