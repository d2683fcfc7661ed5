"""n8n takes every event and answers, and no worker takes it from the queue."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.faults.fault import Scene
from sandbox.systems.rung.delivery import DeliveryFault, turned_away

WAIT = 3
"""Executions that wait when somebody notices."""


@dataclass(kw_only=True)
class N8NWithoutWorkers(DeliveryFault):
    """Executions stay queued. No page names it."""

    def start(self, scene: Scene) -> None:
        """Let the workers go."""
        scene.n8n.workers = False

    def heal(self, scene: Scene) -> None:
        """Have them again; they work off what waits."""
        scene.n8n.work_off()
        super().heal(scene)

    def shows(self, scene: Scene) -> bool:
        """Whether real events wait, or are turned away."""
        return bool(turned_away(scene.aws.facts)) or len(scene.n8n.queued) >= WAIT
