"""The credential of n8n's webhooks was changed: it refuses the API's events, and is well."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.faults.fault import Scene
from sandbox.systems.rung.delivery import DeliveryFault


@dataclass(kw_only=True)
class N8NRefusesEvents(DeliveryFault):
    """Its health, workflows, webhooks and queue are in order. No page names it."""

    @property
    def conditions(self) -> Mapping[str, Any]:
        """What the API logs of it."""
        return {"failing": "n8n_refused", "failing_share": 0.25}

    def start(self, scene: Scene) -> None:
        """Change it."""
        scene.n8n.admits = False
        super().start(scene)

    def heal(self, scene: Scene) -> None:
        """Change it back."""
        scene.n8n.admits = True
        super().heal(scene)
