"""The function may serve fewer requests at once than come, and Lambda turns the others away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.faults.fault import Scene
from sandbox.systems.rung.api_faults import FUNCTION, ErrorFault


@dataclass(kw_only=True)
class CeilingTooLow(ErrorFault):
    """Reserves `ceiling` for the function, of which 8 are needed."""

    ceiling: int = 5

    @property
    def conditions(self) -> Mapping[str, Any]:
        """Nothing beyond AWS's own configuration."""
        return {}

    def start(self, scene: Scene) -> None:
        """Reserve too little."""
        functions: Any = scene.aws.facts.client("lambda")
        functions.put_function_concurrency(FunctionName=FUNCTION, ReservedConcurrentExecutions=self.ceiling)
        super().start(scene)
