"""The function waits for a service of a partner."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.faults.fault import Scene
from sandbox.systems.rung.api_faults import LatencyFault, release_later


@dataclass(kw_only=True)
class SlowPartner(LatencyFault):
    """Every request waits `seconds` for it. `released`: somebody releases while it is so. No page names it."""

    seconds: float = 5.6
    released: bool = False

    @property
    def conditions(self) -> Mapping[str, Any]:
        """How long."""
        return {"work_seconds": self.seconds, "work_share": 1.0}

    def start(self, scene: Scene) -> None:
        """Wait, and release where it was."""
        super().start(scene)
        if self.released:
            release_later(scene)
