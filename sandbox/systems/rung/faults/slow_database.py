"""The API is slow because its queries are: sessions of the database wait for locks that a batch job holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from journal import clock
from sandbox.faults.fault import Scene
from sandbox.systems.rung.api_faults import TOO_SLOW_MS, newest
from sandbox.systems.rung.faults.lock_contention import LockContention


@dataclass(kw_only=True)
class SlowDatabase(LockContention):
    """Real locks in the real database, and the requests of the API wait for them.

    `cold_share`: which part of the requests meets a new environment meanwhile, so that it looks like cold starts.
    """

    seconds: float = 5.6
    cold_share: float = 0.0
    since: datetime | None = field(default=None, init=False, repr=False)

    def start(self, scene: Scene) -> None:
        """Lock, and let requests wait."""
        super().start(scene)
        self.since = clock.now()

    @property
    def conditions(self) -> Mapping[str, Any]:
        """What the API lives by."""
        return {"database_seconds": self.seconds, "cold_share": self.cold_share, "init_seconds": 1.2}

    def shows(self, scene: Scene) -> bool:
        """Whether users of the API wait, and the database is why."""
        late = newest(scene, "Latency", "p95", self.since)
        return super().shows(scene) and all(value > TOO_SLOW_MS for value in late)
