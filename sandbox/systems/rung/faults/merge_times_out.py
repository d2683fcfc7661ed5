"""Merges fail because the database ends their statements."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.systems.rung.faulty_merge import MergeFault


@dataclass(kw_only=True)
class MergeTimesOut(MergeFault):
    """The isolation layer has nothing against them. No page names it."""

    @property
    def conditions(self) -> Mapping[str, Any]:
        """What the merge says."""
        return {"merge_times_out": True}
