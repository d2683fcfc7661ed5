"""No instance is free; and the newest deployment came to nothing, so that an older revision answers."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.faults.no_instance_free import NoInstanceFree
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class NoInstanceFreeAsADeploymentFailed(NoInstanceFree):
    def begins(self, parts: Parts) -> None:
        parts.api.deploy(why="The user-provided container failed to start.")
        super().begins(parts)
