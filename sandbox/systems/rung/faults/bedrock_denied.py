"""A deployment takes the function's right to call models away."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from journal import clock
from sandbox.aws import AwsFacts
from sandbox.faults.fault import Scene
from sandbox.systems.rung.model_faults import LOG, POLICY, ROLE, ModelFault

ONE_OF_S3 = (
    "botocore.exceptions.ClientError: An error occurred (AccessDenied) when calling the GetObject operation: no"
    " identity-based policy allows it"
)


@dataclass(kw_only=True)
class BedrockDenied(ModelFault):
    """The inline policy allows looking at the catalogue, and no longer calling.

    `s3_once`: S3 refuses one request as well, as happens on any day.
    """

    s3_once: bool = False

    def start(self, scene: Scene) -> None:
        """Deploy."""
        allow(scene.aws.facts, "bedrock:ListFoundationModels")
        if self.s3_once:
            logs: Any = scene.aws.facts.client("logs")
            event = {"timestamp": int(clock.now().timestamp() * 1000), "message": f"ERROR {ONE_OF_S3}"}
            logs.put_log_events(logGroupName=LOG, logStreamName="sandbox", logEvents=[event])

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
