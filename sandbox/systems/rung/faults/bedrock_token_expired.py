"""A part of the calls of Bedrock carries a token that has expired: refused before Bedrock counts it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.systems.rung.model_faults import ModelFault


@dataclass(kw_only=True)
class BedrockTokenExpired(ModelFault):
    """Every other call; only the caller's log has them. No page names it."""

    @property
    def conditions(self) -> Mapping[str, Any]:
        """Which part."""
        return {"bedrock_token_expired_share": 0.5}
