"""Somebody lets n8n's service want no tasks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sandbox.delivery import SERVICE, DeliveryFault
from sandbox.faults.fault import Scene


@dataclass(kw_only=True)
class N8NScaledToNone(DeliveryFault):
    """Scaled in to nothing."""

    def start(self, scene: Scene) -> None:
        """Scale in."""
        ecs: Any = scene.aws.facts.client("ecs")
        ecs.update_service(cluster=scene.system, service=SERVICE, desiredCount=0)
