"""Some requests have more work to do than the function's timeout allows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.systems.rung.api_faults import ErrorFault


@dataclass(kw_only=True)
class WorkTooLong(ErrorFault):
    """`share` of the requests works for `seconds`; the function may take 10, API Gateway waits for 29."""

    seconds: float = 14.0
    share: float = 0.25

    @property
    def conditions(self) -> Mapping[str, Any]:
        """How long the work takes."""
        return {"work_seconds": self.seconds, "work_share": self.share}
