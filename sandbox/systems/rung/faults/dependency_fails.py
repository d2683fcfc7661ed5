"""Calls of something that the function needs fail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.faults.fault import Scene
from sandbox.systems.rung.api_faults import ErrorFault, release, show_before


@dataclass(kw_only=True)
class DependencyFails(ErrorFault):
    """`which` fails for `share` of the requests: bedrock (only its usual model), cognito or s3.

    Bedrock counts it as well. Of the others only the function's log tells. (For n8n see `n8n_unreached`.) `released`:
    somebody releases right before, who is innocent.
    """

    which: str = "bedrock"
    share: float = 0.35
    released: bool = False

    @property
    def conditions(self) -> Mapping[str, Any]:
        """Who fails, and that Bedrock knows."""
        failing = {"failing": self.which, "failing_share": self.share}
        return {**failing, "bedrock_unwell_share": self.share} if self.which == "bedrock" else failing

    def start(self, scene: Scene) -> None:
        """Release first, where it was, after production has shown how it was before; then it fails."""
        if self.released:
            show_before()
            release(scene, "this morning")
        super().start(scene)
