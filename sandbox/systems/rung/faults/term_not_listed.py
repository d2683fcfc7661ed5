"""Therapists have begun to use a term that the isolation layer does not know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.systems.rung.faulty_merge import MergeFault


@dataclass(kw_only=True)
class TermNotListed(MergeFault):
    """A new term, until it is on the list."""

    @property
    def conditions(self) -> Mapping[str, Any]:
        """The term is used."""
        return {"new_term": True}
