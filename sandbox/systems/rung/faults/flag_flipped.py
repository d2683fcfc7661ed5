"""A flag was flipped: the function's own code fails, and a release that followed is innocent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.faults.fault import Scene
from sandbox.systems.rung.api_faults import ErrorFault, release_later


@dataclass(kw_only=True)
class FlagFlipped(ErrorFault):
    """Every fourth request fails, whatever the version; somebody releases while it is so. No page names it."""

    @property
    def conditions(self) -> Mapping[str, Any]:
        """An exception, in every version."""
        return {"bad_version": "*", "bad_fails": True}

    def start(self, scene: Scene) -> None:
        """Flip it, and release when it has shown for a while."""
        super().start(scene)
        release_later(scene)
