"""The function waits for a service of a partner."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.systems.rung.api_faults import LatencyFault


@dataclass(kw_only=True)
class SlowPartner(LatencyFault):
    """Every request waits `seconds` for it. No page names it."""

    seconds: float = 5.6

    @property
    def conditions(self) -> Mapping[str, Any]:
        """How long."""
        return {"work_seconds": self.seconds, "work_share": 1.0}
