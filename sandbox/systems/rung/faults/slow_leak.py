"""A client opens a session a minute and gives none of them back, whatever anybody does meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import psycopg

from journal import clock
from sandbox.database import read_slots
from sandbox.faults.fault import AwsFault, Scene

FULL = 0.9
EVERY_SECONDS = 60.0


@dataclass(kw_only=True)
class SlowLeak(AwsFault):
    """It has taken most slots when it is found. A rehearsal's own time moves it (`live`), so it goes on while all wait.

    `application_name`: what its sessions call themselves.
    """

    application_name: str = "rung-reports"
    _held: list[psycopg.Connection[Any]] = field(default_factory=list[psycopg.Connection[Any]], init=False, repr=False)
    _last: float = field(default=0.0, init=False, repr=False)

    @property
    def conditions(self) -> Mapping[str, Any]:
        """None: its sessions are real."""
        return {}

    def start(self, scene: Scene) -> None:
        """Take sessions until most slots are taken."""
        self._last = clock.monotonic()
        while not self.shows(scene):
            self._open(scene)

    def live(self, scene: Scene) -> None:
        """Open what is due."""
        while self._last and clock.monotonic() - self._last >= EVERY_SECONDS:
            self._last += EVERY_SECONDS
            with suppress(psycopg.OperationalError):  # no slot is left; it will try again in a minute
                self._open(scene)

    def heal(self, scene: Scene) -> None:
        """Give them all back."""
        self._last = 0.0
        for connection in self._held:
            connection.close()
        self._held.clear()

    def shows(self, scene: Scene) -> bool:
        """Whether hardly a slot is left."""
        slots = read_slots(scene.address)
        return slots.taken >= FULL * (slots.max_connections - slots.reserved)

    def _open(self, scene: Scene) -> None:
        dsn = scene.address.dsn("rung_app", application_name=self.application_name)
        self._held.append(psycopg.connect(dsn, autocommit=True))
        self._held[-1].execute("SELECT 1")
