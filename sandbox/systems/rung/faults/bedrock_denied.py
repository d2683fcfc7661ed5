"""A deployment takes the function's right to call models away."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sandbox.aws import AwsFacts
from sandbox.faults.fault import Scene
from sandbox.systems.rung.model_faults import POLICY, ROLE, ModelFault


@dataclass(kw_only=True)
class BedrockDenied(ModelFault):
    """The inline policy allows looking at the catalogue, and no longer calling."""

    def start(self, scene: Scene) -> None:
        """Deploy."""
        allow(scene.aws.facts, "bedrock:ListFoundationModels")

    def heal(self, scene: Scene) -> None:
        """Deploy again."""
        super().heal(scene)
        allow(scene.aws.facts, "bedrock:InvokeModel")


def allow(aws: AwsFacts, action: str) -> None:
    """What the function's role may do with Bedrock."""
    iam: Any = aws.client("iam")
    statement = {"Effect": "Allow", "Action": [action], "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_role_policy(RoleName=ROLE, PolicyName=POLICY, PolicyDocument=document)
