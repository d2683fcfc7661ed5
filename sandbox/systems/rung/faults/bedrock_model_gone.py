"""The model that rung calls is retired, or the account loses its access to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.systems.rung.model_faults import ModelFault


@dataclass(kw_only=True)
class BedrockModelGone(ModelFault):
    """`how`: gone (at the end of its life) or closed (to this account)."""

    how: str = "gone"
    model: str = "anthropic.claude-3-5-sonnet-20240620-v1:0"

    @property
    def conditions(self) -> Mapping[str, Any]:
        """Which model, and how."""
        return {f"bedrock_{self.how}": self.model}
