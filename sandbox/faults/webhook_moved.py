"""The API is deployed with an address at which n8n is not."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.delivery import DeliveryFault, send_to
from sandbox.faults.fault import Scene


@dataclass(kw_only=True)
class WebhookMoved(DeliveryFault):
    """`to`: the path below which the API now looks for the webhooks."""

    to: str = "hooks"

    def start(self, scene: Scene) -> None:
        """Deploy."""
        send_to(scene.aws.facts, f"{scene.n8n.facts.url}/{self.to}")
