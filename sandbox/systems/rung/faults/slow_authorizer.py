"""The API's authorizer takes seconds; the function behind it is quick."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.systems.rung.api_faults import LatencyFault


@dataclass(kw_only=True)
class SlowAuthorizer(LatencyFault):
    """Each request waits `seconds` before it is let in. No page names it."""

    seconds: float = 5.6

    @property
    def conditions(self) -> Mapping[str, Any]:
        """What the API lives by."""
        return {"authorizer_seconds": self.seconds}
