"""The API may no longer invoke the function for a part of its routes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.faults.fault import Scene
from sandbox.systems.rung.api_faults import ErrorFault, release


@dataclass(kw_only=True)
class InvokingDenied(ErrorFault):
    """`share` of the requests never reach the function. `released`: it was released shortly before, and is innocent.

    No page names it.
    """

    share: float = 0.5
    released: bool = False

    @property
    def conditions(self) -> Mapping[str, Any]:
        """Which part."""
        return {"invoking_denied_share": self.share}

    def start(self, scene: Scene) -> None:
        """Release first, where it was; then deny."""
        if self.released:
            release(scene, "an hour ago")
        super().start(scene)
