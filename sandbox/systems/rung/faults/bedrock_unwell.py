"""Calls of the usual model fail inside Bedrock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.systems.rung.model_faults import ModelFault


@dataclass(kw_only=True)
class BedrockUnwell(ModelFault):
    """`share` of the calls fail. `load`: calls at each half second; more than eight are throttled besides."""

    share: float = 0.6
    load: int = 6

    @property
    def conditions(self) -> Mapping[str, Any]:
        """How many fail, of how many."""
        return {"bedrock_unwell_share": self.share, "bedrock_load": self.load}
