"""The API is deployed with an address at which n8n is not."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.faults.fault import Scene
from sandbox.systems.rung.delivery import DeliveryFault, send_to


@dataclass(kw_only=True)
class WebhookMoved(DeliveryFault):
    """`to`: the path below which the API now looks for the webhooks."""

    to: str = "hooks"

    def start(self, scene: Scene) -> None:
        """Deploy."""
        send_to(scene.aws.facts, f"{scene.n8n.facts.url}/{self.to}")
