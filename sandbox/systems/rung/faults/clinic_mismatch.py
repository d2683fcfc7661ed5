"""Merges fail because the isolation layer takes a partner for another clinic's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.systems.rung.faulty_merge import MergeFault


@dataclass(kw_only=True)
class ClinicMismatch(MergeFault):
    """A violation of a kind that no page names."""

    @property
    def conditions(self) -> Mapping[str, Any]:
        """The layer refuses one couple."""
        return {"clinic_mismatch": True}
