"""Faults of clients that open sessions and give none of them back. What they do in each is what tells them apart."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from sandbox.client_load import ClientLoad
from sandbox.faults.fault import ClientLoadFault, Scene


@dataclass(kw_only=True)
class LeakFault(ClientLoadFault):
    """Sessions until no slot is left.

    `most`: sessions at most. `persistent`: goes on opening (twice a second) after the server has ended one; without
    it the clients take the hint. `ping`: each session says that it is there, once in so many seconds.
    """

    most: int = 150
    persistent: bool = False
    ping: float | None = None

    waits: ClassVar[bool] = False
    """Whether the last statement of a session never returns."""

    @property
    @abstractmethod
    def statements(self) -> list[str]:
        """What a session does before it is left alone; may name `{number}`, its own."""

    def gather(self, scene: Scene, dsn: str) -> ClientLoad:
        """Start the leak."""
        return ClientLoad(
            "leaking",
            home=scene.home,
            name=self.cause,
            lives_for=self.lives_for,
            dsn=dsn,
            statements=self.statements,
            waits=self.waits,
            most=self.most,
            persistent=self.persistent,
            ping=self.ping,
        )
