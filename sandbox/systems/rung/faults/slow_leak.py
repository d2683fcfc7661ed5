"""A client opens a session a minute and gives none of them back, whatever anybody does meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from journal import clock
from sandbox.database import read_slots
from sandbox.faults.fault import AwsFault, Scene
from sandbox.held import Held

FULL = 0.9
EVERY_SECONDS = 60.0


@dataclass(kw_only=True)
class SlowLeak(AwsFault):
    """It has taken most slots when it is found. A rehearsal's own time moves it (`live`), so it goes on while all wait.

    `application_name`: what its sessions call themselves.
    """

    application_name: str = "rung-reports"
    _held: Held | None = field(default=None, init=False, repr=False)
    _last: float = field(default=0.0, init=False, repr=False)

    @property
    def conditions(self) -> Mapping[str, Any]:
        """None: its sessions are real."""
        return {}

    def start(self, scene: Scene) -> None:
        """Take sessions until most slots are taken."""
        self._last = clock.monotonic()
        self._held = Held(dsn=scene.address.dsn("rung_app", application_name=self.application_name))
        while not self.shows(scene):
            self._open()

    def live(self, scene: Scene) -> None:
        """Open what is due."""
        while self._last and clock.monotonic() - self._last >= EVERY_SECONDS:
            self._last += EVERY_SECONDS
            self._open()  # where no slot is left, it will try again in a minute

    def heal(self, scene: Scene) -> None:
        """Give them all back."""
        self._last = 0.0
        if self._held is not None:
            self._held.close()

    def shows(self, scene: Scene) -> bool:
        """Whether hardly a slot is left."""
        slots = read_slots(scene.address)
        return slots.taken >= FULL * (slots.max_connections - slots.reserved)

    def _open(self) -> None:
        if self._held is not None:
            self._held.open("SELECT 1")
