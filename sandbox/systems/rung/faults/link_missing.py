"""A couple link that was deleted."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.faults.fault import Scene
from sandbox.systems.rung.faulty_merge import RefusedMerge


@dataclass(kw_only=True)
class LinkMissing(RefusedMerge):
    """The link is gone."""

    def start(self, scene: Scene) -> None:
        """Delete it."""
        self.couples(scene).remove()
        super().start(scene)
