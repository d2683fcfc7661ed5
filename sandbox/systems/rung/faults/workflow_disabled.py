"""Somebody switches a workflow off in n8n."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.faults.fault import Scene
from sandbox.systems.rung.delivery import DeliveryFault


@dataclass(kw_only=True)
class WorkflowDisabled(DeliveryFault):
    """`path`: the webhook whose workflow it is."""

    path: str = "pre-session"

    def start(self, scene: Scene) -> None:
        """Switch it off."""
        scene.n8n.activate(scene.n8n.find(self.path), active=False)
