"""More calls of the model than the account's quota allows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.systems.rung.model_faults import ModelFault


@dataclass(kw_only=True)
class BedrockThrottled(ModelFault):
    """`load`: calls at each half second; the usual quota has room for eight."""

    load: int = 20

    @property
    def conditions(self) -> Mapping[str, Any]:
        """What the callers want."""
        return {"bedrock_load": self.load}
