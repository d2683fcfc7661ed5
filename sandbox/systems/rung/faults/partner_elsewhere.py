"""One partner of a couple has gone to another therapist."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.faults.fault import Scene
from sandbox.systems.rung.couples import ANOTHER
from sandbox.systems.rung.faulty_merge import RefusedMerge


@dataclass(kw_only=True)
class PartnerElsewhere(RefusedMerge):
    """The therapist of the link treats one of the two."""

    def start(self, scene: Scene) -> None:
        """Reassign the partner."""
        self.couples(scene).give_partner_to(ANOTHER)
        super().start(scene)
