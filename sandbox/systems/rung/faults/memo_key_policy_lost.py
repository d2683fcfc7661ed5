"""The policy of the key that encrypts the memos no longer names the function's role."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.systems.rung.memos import MemoFault


@dataclass(kw_only=True)
class MemoKeyPolicyLost(MemoFault):
    """The key is enabled, and bucket and role admit the function. No page names it."""

    @property
    def conditions(self) -> Mapping[str, Any]:
        """What the key's policy says."""
        return {"memo_key_policy_lost": True}
