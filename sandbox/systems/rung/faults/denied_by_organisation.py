"""The organisation forbids the functions to use the bucket."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.systems.rung.memos import MemoFault


@dataclass(kw_only=True)
class DeniedByOrganisation(MemoFault):
    """A service control policy denies it, which nobody in the account can read. No page names it."""

    @property
    def conditions(self) -> Mapping[str, Any]:
        """What the organisation says."""
        return {"s3_denied_by_organisation": True}
