"""Therapists have begun to use a term that the isolation layer does not know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.systems.rung.faulty_merge import MergeFault
from sandbox.systems.rung.isolation import NEW_TERM


@dataclass(kw_only=True)
class TermNotListed(MergeFault):
    """A new `term`, until it is on the list."""

    term: str = NEW_TERM

    @property
    def conditions(self) -> Mapping[str, Any]:
        """The term is used."""
        return {"new_term": self.term}
