"""Somebody gave the function a minute, and its work takes half of one: API Gateway does not wait that long."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.faults.fault import Scene
from sandbox.systems.rung.api_faults import ALIAS, FUNCTION, ErrorFault, publish, settle


@dataclass(kw_only=True)
class BeyondTheGateway(ErrorFault):
    """Requests fail with 504, and none of them runs into the function's timeout. No page names it."""

    seconds: float = 35.0
    share: float = 0.25

    @property
    def conditions(self) -> Mapping[str, Any]:
        """How long the work takes, for which part."""
        return {"work_seconds": self.seconds, "work_share": self.share}

    def start(self, scene: Scene) -> None:
        """Give it a minute, long before."""
        functions: Any = scene.aws.facts.client("lambda")
        functions.update_function_configuration(FunctionName=FUNCTION, Timeout=60)
        settle(functions)
        publish(functions)
        assert functions.get_function_configuration(FunctionName=FUNCTION, Qualifier=ALIAS)["Timeout"] == 60  # noqa: PLR2004  (as above)
        super().start(scene)
