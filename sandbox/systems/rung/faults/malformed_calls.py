"""The function sends Bedrock what no model understands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.systems.rung.model_faults import ModelFault


@dataclass(kw_only=True)
class MalformedCalls(ModelFault):
    """Every call is refused as malformed. No page names it."""

    @property
    def conditions(self) -> Mapping[str, Any]:
        """What Bedrock is sent."""
        return {"bedrock_malformed": True}
