"""Somebody gives the webhook of a workflow another path."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.faults.fault import Scene
from sandbox.systems.rung.delivery import DeliveryFault


@dataclass(kw_only=True)
class WebhookRenamed(DeliveryFault):
    """`path` becomes `to`."""

    path: str = "post-session"
    to: str = "post-session-v2"

    def start(self, scene: Scene) -> None:
        """Rename it."""
        scene.n8n.rename(self.path, self.to)
