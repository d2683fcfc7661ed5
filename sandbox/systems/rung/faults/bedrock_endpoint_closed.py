"""Somebody closes the security group of the VPC's endpoints: calls of Bedrock end in nothing."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.faults.fault import Scene
from sandbox.systems.rung.model_faults import ModelFault, admit


@dataclass(kw_only=True)
class BedrockEndpointClosed(ModelFault):
    """No HTTPS from the VPC's addresses."""

    def start(self, scene: Scene) -> None:
        """Close it."""
        admit(scene.aws.facts, https=False)

    def heal(self, scene: Scene) -> None:
        """Open it."""
        super().heal(scene)
        admit(scene.aws.facts, https=True)
