"""What the faults of couples merges have in common: how they are seen, and how all is put back."""

from __future__ import annotations

from abc import ABC
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.faults.fault import AwsFault, Scene
from sandbox.systems.rung.couples import LINK, THERAPIST, Couples
from sandbox.systems.rung.isolation import Isolation


@dataclass(kw_only=True)
class MergeFault(AwsFault, ABC):
    """A fault that keeps couples from being merged."""

    def heal(self, scene: Scene) -> None:
        """Take the conditions away, and put the layer's configuration back."""
        super().heal(scene)
        Isolation(scene.aws.facts).restore()

    def shows(self, scene: Scene) -> bool:
        """Whether a merge failed or was refused just now."""
        return Isolation(scene.aws.facts).unmerged()


@dataclass(kw_only=True)
class RefusedMerge(MergeFault, ABC):
    """A fault that keeps one couple from being merged by its therapist."""

    @property
    def conditions(self) -> Mapping[str, Any]:
        """Which merge is asked for, and by whom."""
        return {"merge_of": {"link": LINK, "requester": THERAPIST}}

    def couples(self, scene: Scene) -> Couples:
        """The clinic's administrator."""
        return Couples(scene.address)

    def heal(self, scene: Scene) -> None:
        """Put the link back, too."""
        super().heal(scene)
        self.couples(scene).restore()
