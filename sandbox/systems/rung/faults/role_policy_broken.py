"""A deployment of the infrastructure renames a bucket in the role's policy, and only there."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.faults.fault import Scene
from sandbox.systems.rung.memos import BUCKET, MemoFault, rename_bucket

WRONG = "rung-memos-prod"


@dataclass(kw_only=True)
class RolePolicyBroken(MemoFault):
    """The functions' role is admitted to another bucket than the one that it uses."""

    def start(self, scene: Scene) -> None:
        """Put the new policy of the role."""
        rename_bucket(scene.aws.facts, BUCKET, WRONG)

    def heal(self, scene: Scene) -> None:
        """The role's policy as it was; harmless where somebody has put that right."""
        rename_bucket(scene.aws.facts, WRONG, BUCKET)
