"""The function answers what API Gateway cannot read: the API fails, and the function has no error."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.systems.rung.api_faults import ErrorFault


@dataclass(kw_only=True)
class MalformedAnswers(ErrorFault):
    """`share` of the answers are refused with 502. No page names it."""

    share: float = 0.25

    @property
    def conditions(self) -> Mapping[str, Any]:
        """Which part."""
        return {"malformed_share": self.share}
