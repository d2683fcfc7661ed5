"""The API is slow because its queries are: sessions of the database wait for locks that a batch job holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.api_faults import LatencyFault
from sandbox.faults.fault import Scene
from sandbox.faults.lock_contention import LockContention


@dataclass(kw_only=True)
class SlowDatabase(LockContention):
    """Real locks in the real database, and the requests of the API wait for them.

    `cold_share`: which part of the requests meets a new environment meanwhile, so that it looks like cold starts.
    """

    seconds: float = 5.6
    cold_share: float = 0.0

    @property
    def conditions(self) -> Mapping[str, Any]:
        """What the API lives by."""
        return {"database_seconds": self.seconds, "cold_share": self.cold_share, "init_seconds": 1.2}

    def shows(self, scene: Scene) -> bool:
        """Whether users of the API wait, and the database is why."""
        return super().shows(scene) and LatencyFault.shows(self, scene)  # pyright: ignore[reportArgumentType] # no state
