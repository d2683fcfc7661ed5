"""A couple link that is not active any more."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.faults.fault import Scene
from sandbox.systems.rung.faulty_merge import RefusedMerge


@dataclass(kw_only=True)
class LinkInactive(RefusedMerge):
    """The link waits for the consent of a partner."""

    def start(self, scene: Scene) -> None:
        """Set it back."""
        self.couples(scene).set_status("PENDING")
        super().start(scene)
