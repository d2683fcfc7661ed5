"""Merges fail because the isolation layer takes a partner for another clinic's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from journal import clock
from sandbox.faults.fault import Scene
from sandbox.systems.rung.faulty_merge import MergeFault
from sandbox.turns import turn_seconds

TURNS = 4
"""How long an earlier violation was there, and as long it has been over when this one comes."""


@dataclass(kw_only=True)
class ClinicMismatch(MergeFault):
    """A violation of a kind that no page names. `before`: a term that was not listed, until a while ago."""

    before: str = ""

    @property
    def conditions(self) -> Mapping[str, Any]:
        """The layer refuses one couple."""
        return {"clinic_mismatch": True}

    def start(self, scene: Scene) -> None:
        """Let the earlier violation happen and be over, where there was one."""
        if self.before:
            for term in (self.before, None):
                scene.aws.set_conditions({"new_term": term})
                clock.sleep(TURNS * turn_seconds())
        super().start(scene)
