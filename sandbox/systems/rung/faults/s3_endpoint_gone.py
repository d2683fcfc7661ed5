"""Somebody tidies up the VPC and deletes the endpoint that the functions reach S3 by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sandbox.faults.fault import Scene
from sandbox.systems.rung.memos import MemoFault, make_endpoint, s3_endpoints


@dataclass(kw_only=True)
class S3EndpointGone(MemoFault):
    """Requests go round by the NAT gateway, no longer come from the VPC, and the bucket's policy denies them."""

    def start(self, scene: Scene) -> None:
        """Delete it."""
        ec2: Any = scene.aws.facts.client("ec2")
        found = [one["VpcEndpointId"] for one in s3_endpoints(scene.aws.facts)]
        ec2.delete_vpc_endpoints(VpcEndpointIds=found)

    def heal(self, scene: Scene) -> None:
        """Make one again; harmless where somebody has."""
        if not s3_endpoints(scene.aws.facts):
            make_endpoint(scene.aws.facts)
