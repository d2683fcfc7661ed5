"""The API may no longer invoke the function for a part of its routes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.systems.rung.api_faults import ErrorFault


@dataclass(kw_only=True)
class InvokingDenied(ErrorFault):
    """`share` of the requests never reach the function. No page names it."""

    share: float = 0.5

    @property
    def conditions(self) -> Mapping[str, Any]:
        """Which part."""
        return {"invoking_denied_share": self.share}
