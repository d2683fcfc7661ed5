"""A therapist may not make merges at all: the licence is suspended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.systems.rung.faulty_merge import RefusedMerge


@dataclass(kw_only=True)
class LicenceSuspended(RefusedMerge):
    """The link is in order, and its therapist is refused. No page names it."""

    @property
    def conditions(self) -> Mapping[str, Any]:
        """Whose merge is asked for, and that it is refused."""
        return {**super().conditions, "licence_suspended": True}
