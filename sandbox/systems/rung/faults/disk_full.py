"""The temporary folder of the function's environments is full."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.systems.rung.api_faults import ErrorFault


@dataclass(kw_only=True)
class DiskFull(ErrorFault):
    """`share` of the requests cannot write to it. No page names it."""

    share: float = 0.5

    @property
    def conditions(self) -> Mapping[str, Any]:
        """How they fail."""
        return {"failing": "disk", "failing_share": self.share}
