"""n8n loses the registration of a webhook whose workflow is switched on."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.faults.fault import Scene
from sandbox.systems.rung.delivery import DeliveryFault


@dataclass(kw_only=True)
class WebhookForgotten(DeliveryFault):
    """`path`: the webhook; it is known again when n8n starts anew, or the workflow is activated."""

    path: str = "pre-session"

    def start(self, scene: Scene) -> None:
        """Forget it."""
        scene.n8n.registered.discard(self.path)
