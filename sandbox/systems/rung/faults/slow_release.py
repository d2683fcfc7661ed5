"""The release of this morning does something slow for some requests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.systems.rung.api_faults import LatencyFault, ReleaseFault


@dataclass(kw_only=True)
class SlowRelease(ReleaseFault, LatencyFault):
    """`seconds` more for every fourth request of the new version."""

    seconds: float = 6.5

    @property
    def harm(self) -> Mapping[str, Any]:
        """Slowness."""
        return {"bad_seconds": self.seconds}
