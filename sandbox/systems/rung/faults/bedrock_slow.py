"""Bedrock takes seconds for an answer that took a moment yesterday."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.systems.rung.api_faults import LatencyFault


@dataclass(kw_only=True)
class BedrockSlow(LatencyFault):
    """Every answer of the usual model takes `seconds`; a person lets the function call another model.

    `cold_share`: which part of the requests meets a new environment meanwhile.
    """

    seconds: float = 6.5
    cold_share: float = 0.0

    @property
    def conditions(self) -> Mapping[str, Any]:
        """What Bedrock and the API live by."""
        return {"bedrock_seconds": self.seconds, "cold_share": self.cold_share, "init_seconds": 1.2}
