"""Somebody tightens the policy of the bucket, and shuts the application out with everybody else."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from sandbox.faults.fault import Scene
from sandbox.systems.rung.memos import BUCKET, ROLE, MemoFault


@dataclass(kw_only=True)
class BucketPolicyBroken(MemoFault):
    """A new statement denies the functions' role what it needs."""

    _good: str | None = field(default=None, init=False, repr=False)

    def start(self, scene: Scene) -> None:
        """Put the new policy."""
        s3: Any = scene.aws.facts.client("s3")
        good = self._good = str(s3.get_bucket_policy(Bucket=BUCKET)["Policy"])
        policy = json.loads(good)
        lock = {
            "Sid": "OnlyAuditors",
            "Effect": "Deny",
            "Principal": {"AWS": f"arn:aws:iam::{scene.aws.facts.account_id}:role/{ROLE}"},
            "Action": "s3:*Object",
            "Resource": f"arn:aws:s3:::{BUCKET}/*",
        }
        s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps({**policy, "Statement": [*policy["Statement"], lock]}))

    def heal(self, scene: Scene) -> None:
        """The policy as it was."""
        if self._good is not None:
            s3: Any = scene.aws.facts.client("s3")
            s3.put_bucket_policy(Bucket=BUCKET, Policy=self._good)
