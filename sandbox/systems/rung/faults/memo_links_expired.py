"""The links by which memos are fetched have expired: S3 refuses them, and every policy is in order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.faults.fault import Scene
from sandbox.systems.rung.memos import PAGED_FOR, MemoFault, refusals


@dataclass(kw_only=True)
class MemoLinksExpired(MemoFault):
    """Whoever signs them has a clock that is an hour behind. No page names it."""

    @property
    def conditions(self) -> Mapping[str, Any]:
        """What S3 says of them."""
        return {"memo_links_expired": True}

    def shows(self, scene: Scene) -> bool:
        """Whether requests were refused; the role itself may do what it did."""
        return refusals(scene.aws.facts) >= PAGED_FOR
