"""What a fault is: it changes the world in a bounded way, and can be taken away again.

`SessionFault` is about connection slots: its symptom is that fresh clients are refused. `AwsFault` is about everything
else: it sets conditions that simulators read, or changes what is configured in AWS, and asks the world for its symptom.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from sandbox.client_load import ClientLoad
from sandbox.database import Address, end_sessions, read_slots
from sandbox.process import wait_until

if TYPE_CHECKING:
    from sandbox.aws import Aws
    from sandbox.fleet import Fleet
    from sandbox.workflows import N8n

LIVES_FOR = timedelta(minutes=10)


@dataclass(frozen=True, kw_only=True)
class Scene:
    """What a fault may touch."""

    home: Path
    address: Address
    aws: Aws
    fleet: Fleet
    system: str
    n8n: N8n

    def slots_of(self, application_name: str) -> int:
        """Sessions the server counts for a client."""
        return read_slots(self.address).by_application.get(application_name, 0)


@dataclass(kw_only=True)
class Fault(ABC):
    """A fault with its bounds. `lives_for`: after this it ends by itself, healed or not."""

    lives_for: timedelta = LIVES_FOR

    in_earnest: ClassVar[bool] = False
    """Whether its clients are real and live by the machine's time, so that no rehearsal may hurry past them."""

    @abstractmethod
    def start(self, scene: Scene) -> None:
        """Begin; the world waits for the symptom by itself."""

    @abstractmethod
    def heal(self, scene: Scene) -> None:
        """Take it away, and return when it is gone; harmless when it has not started or has ended."""

    def live(self, scene: Scene) -> None:  # noqa: B027 # most faults live by themselves
        """Go on, in a world that lives by its rehearsal's time; what lives by itself has nothing to do."""


@dataclass(kw_only=True)
class AwsFault(Fault):
    """A fault in what AWS runs. `heal` also puts back what a runbook changed, so that the next drill starts afresh."""

    @property
    @abstractmethod
    def conditions(self) -> Mapping[str, Any]:
        """What the simulators are told while it is there (see `Stage.conditions`)."""

    def start(self, scene: Scene) -> None:
        """Set the conditions."""
        scene.aws.set_conditions(self.conditions)

    def heal(self, scene: Scene) -> None:
        """Take the conditions away."""
        scene.aws.set_conditions(dict.fromkeys(self.conditions))

    @abstractmethod
    def shows(self, scene: Scene) -> bool:
        """Whether users suffer right now, read from the world (its AWS, its HTTP services), never from the engine."""


@dataclass(kw_only=True)
class SessionFault(Fault):
    """A fault that takes connection slots."""

    in_earnest: ClassVar[bool] = True

    @abstractmethod
    def sessions(self, scene: Scene) -> Mapping[str, int]:
        """Sessions the server counts, by cause."""

    @abstractmethod
    def waiting(self) -> Mapping[str, int]:
        """Clients that want a session and have none, by cause."""


@dataclass(kw_only=True)
class ClientLoadFault(SessionFault):
    """A fault that is a load of clients of its own."""

    client_load: ClientLoad | None = field(default=None, init=False, repr=False)

    @property
    @abstractmethod
    def cause(self) -> str:
        """Its name."""

    @property
    @abstractmethod
    def application_name(self) -> str:
        """What its sessions call themselves; says nothing of the fault, as in real life."""

    @abstractmethod
    def gather(self, scene: Scene, dsn: str) -> ClientLoad:
        """Start the client load."""

    def start(self, scene: Scene) -> None:
        """Start the client load."""
        self.client_load = self.gather(
            scene, scene.address.dsn(scene.address.roles.application, application_name=self.application_name)
        )

    def heal(self, scene: Scene) -> None:
        """End the clients and their sessions: a server does not notice that the client of a running query has gone."""
        if self.client_load is None:
            return
        self.client_load.stop()
        end_sessions(scene.address, self.application_name)
        wait_until(
            lambda: scene.slots_of(self.application_name) == 0,
            seconds=20,
            failing=lambda: TimeoutError(f"sessions of {self.application_name} outlive their clients"),
            every=0.1,
        )

    def sessions(self, scene: Scene) -> Mapping[str, int]:
        """As the server counts."""
        return {self.cause: scene.slots_of(self.application_name)}

    def waiting(self) -> Mapping[str, int]:
        """As the clients say."""
        return {self.cause: int(self.client_load.count()["waiting"]) if self.client_load else 0}
