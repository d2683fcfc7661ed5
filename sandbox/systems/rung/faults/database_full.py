"""A client takes every connection slot, and requests of the API fail for want of one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.database import read_slots
from sandbox.faults.fault import Scene
from sandbox.systems.rung.api_faults import ErrorFault
from sandbox.systems.rung.faults.idle_leak import IdleLeak

FULL = 0.95


@dataclass(kw_only=True)
class DatabaseFull(ErrorFault):
    """A real leak in the real database; half of the requests need a new connection and get none."""

    leak: IdleLeak = field(default_factory=IdleLeak, init=False, repr=False)

    @property
    def conditions(self) -> Mapping[str, Any]:
        """What requests meet."""
        return {"failing": "database", "failing_share": 0.5}

    def start(self, scene: Scene) -> None:
        """Leak, and let requests fail."""
        self.leak.start(scene)
        super().start(scene)

    def heal(self, scene: Scene) -> None:
        """End the leak."""
        super().heal(scene)
        self.leak.heal(scene)

    def shows(self, scene: Scene) -> bool:
        """Whether requests fail, and the slots are taken."""
        slots = read_slots(scene.address)
        return slots.taken >= FULL * (slots.max_connections - slots.reserved) and super().shows(scene)
