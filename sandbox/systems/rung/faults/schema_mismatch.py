"""The isolation layer was released with another schema than extraction writes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.faults.fault import Scene
from sandbox.systems.rung.faulty_merge import MergeFault
from sandbox.systems.rung.isolation import SCHEMA, Isolation


@dataclass(kw_only=True)
class SchemaMismatch(MergeFault):
    """The layer reads version 3."""

    @property
    def conditions(self) -> Mapping[str, Any]:
        """None: the layer's configuration says it."""
        return {}

    def start(self, scene: Scene) -> None:
        """Release it."""
        Isolation(scene.aws.facts).set(SCHEMA, "3")
