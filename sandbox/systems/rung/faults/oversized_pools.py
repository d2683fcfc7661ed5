"""A deployment makes the service's pools so large that pool x tasks exceeds what the database has."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

from sandbox.database import read_slots
from sandbox.errors import WorkerFailed
from sandbox.faults.fault import Scene, SessionFault
from sandbox.fleet import Size, update_service
from sandbox.process import wait_until
from sandbox.systems.rung.world import SERVICE


@dataclass(kw_only=True)
class OversizedPools(SessionFault):
    """Deploys the ECS service with larger pools; ECS shows tasks and pool size as they are.

    `tasks` and `pool_size`: by default 8 tasks that together want a quarter more than `max_connections`. A person
    heals it by deploying a smaller pool (`World.set_pool_size`).
    """

    tasks: int = 8
    pool_size: int | None = None
    _scene: Scene | None = field(default=None, init=False, repr=False)
    _timer: threading.Timer | None = field(default=None, init=False, repr=False)

    def start(self, scene: Scene) -> None:
        """Deploy."""
        slots = read_slots(scene.address).max_connections
        deploy(scene, Size(tasks=self.tasks, pool_size=self.pool_size or -(-slots * 5 // 4) // self.tasks))
        self._scene = scene
        # The fleet itself lives as long as the world; the fault in it does not.
        self._timer = threading.Timer(self.lives_for.total_seconds(), self._expire, [scene])
        self._timer.daemon = True
        self._timer.start()

    def heal(self, scene: Scene) -> None:
        """Deploy the usual size again."""
        if self._timer is not None:
            self._timer.cancel()
        if scene.fleet.size != scene.fleet.usual:
            deploy(scene, scene.fleet.usual)

    def sessions(self, scene: Scene) -> Mapping[str, int]:
        """What the service holds beyond its usual size."""
        return {"oversized_pools": max(0, scene.slots_of(SERVICE) - scene.fleet.usual.sessions)}

    def waiting(self) -> Mapping[str, int]:
        """Sessions the pools still want."""
        return {"oversized_pools": int(self._scene.fleet.count()["waiting"]) if self._scene else 0}

    def _expire(self, scene: Scene) -> None:
        try:
            self.heal(scene)
        except (WorkerFailed, TimeoutError):
            return  # The world has gone in the meantime.


def deploy(scene: Scene, size: Size) -> None:
    """Deploy through ECS, and return when the tasks run."""
    update_service(scene.aws, cluster=scene.system, service=SERVICE, size=size)
    wait_until(
        lambda: scene.fleet.size == size,
        seconds=20,
        failing=lambda: TimeoutError(f"{SERVICE} did not become {size.tasks} tasks with a pool of {size.pool_size}"),
    )
