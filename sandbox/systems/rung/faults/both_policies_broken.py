"""The bucket's policy and the role's are both wrong: each shuts the function out."""

from __future__ import annotations

from dataclasses import dataclass, field

from sandbox.faults.fault import Scene
from sandbox.systems.rung.faults.bucket_policy_broken import BucketPolicyBroken
from sandbox.systems.rung.faults.role_policy_broken import RolePolicyBroken
from sandbox.systems.rung.memos import MemoFault


@dataclass(kw_only=True)
class BothPoliciesBroken(MemoFault):
    """Two causes at once: whoever puts one right still meets the other."""

    _parts: tuple[MemoFault, ...] = field(
        default_factory=lambda: (BucketPolicyBroken(), RolePolicyBroken()), init=False, repr=False
    )

    def start(self, scene: Scene) -> None:
        """Break both."""
        for one in self._parts:
            one.start(scene)

    def heal(self, scene: Scene) -> None:
        """Both as they were."""
        for one in self._parts:
            one.heal(scene)
