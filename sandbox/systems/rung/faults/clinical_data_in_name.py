"""Extraction has put what a patient told into the name of a framework."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.systems.rung.faulty_merge import MergeFault


@dataclass(kw_only=True)
class ClinicalDataInName(MergeFault):
    """Such names, until they are cleaned."""

    @property
    def conditions(self) -> Mapping[str, Any]:
        """They are there."""
        return {"clinical_data_in_name": True}
