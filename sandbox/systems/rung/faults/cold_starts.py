"""Requests meet new environments again and again, and each takes seconds to begin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.systems.rung.api_faults import LatencyFault


@dataclass(kw_only=True)
class ColdStarts(LatencyFault):
    """`share` of the requests meets a new environment, which takes `seconds` to begin; none of those that stand ready.

    `database_seconds`: what every request waits for the database besides.
    """

    share: float = 0.35
    seconds: float = 6.4
    database_seconds: float = 0.02

    @property
    def conditions(self) -> Mapping[str, Any]:
        """What the API lives by."""
        return {
            "cold_share": self.share,
            "init_seconds": self.seconds,
            "database_seconds": self.database_seconds,
        }
