"""A merge of one couple is refused, and somebody asks about another, whose link is in order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.systems.rung.couples import ANOTHER
from sandbox.systems.rung.faulty_merge import RefusedMerge

OTHER = "11111111-2222-4333-8444-555555555555"


@dataclass(kw_only=True)
class OtherCoupleRefused(RefusedMerge):
    """The link that the alert names is innocent. No page names it."""

    @property
    def conditions(self) -> Mapping[str, Any]:
        """Whose merge is asked for, by somebody who may not."""
        return {"merge_of": {"link": OTHER, "requester": ANOTHER}}
