"""A therapist asks for the merge of a couple that is another's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.systems.rung.couples import ANOTHER, LINK
from sandbox.systems.rung.faulty_merge import RefusedMerge


@dataclass(kw_only=True)
class WrongRequester(RefusedMerge):
    """Somebody asks who has nothing to do with the couple."""

    @property
    def conditions(self) -> Mapping[str, Any]:
        """Who asks."""
        return {"merge_of": {"link": LINK, "requester": ANOTHER}}
