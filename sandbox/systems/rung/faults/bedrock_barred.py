"""The policy of the VPC's endpoint no longer admits calls of models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.systems.rung.model_faults import ModelFault


@dataclass(kw_only=True)
class BedrockBarred(ModelFault):
    """The role and the model are in order; the way says no. No page names it."""

    @property
    def conditions(self) -> Mapping[str, Any]:
        """What the way says."""
        return {"bedrock_barred": True}
