"""Somebody lets n8n's service want no tasks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sandbox.faults.fault import Scene
from sandbox.systems.rung.delivery import SERVICE, DeliveryFault


@dataclass(kw_only=True)
class N8NScaledToNone(DeliveryFault):
    """Scaled in to nothing."""

    def start(self, scene: Scene) -> None:
        """Scale in."""
        ecs: Any = scene.aws.facts.client("ecs")
        ecs.update_service(cluster=scene.system, service=SERVICE, desiredCount=0)
