"""Faults of the calls of Bedrock's models, and how they are taken away again: what is felt is what the caller logs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from journal import clock
from sandbox.aws import AwsFacts
from sandbox.faults.fault import AwsFault, Scene
from sandbox.systems.rung.api_faults import usual_function
from sandbox.turns import turn_seconds

LOG = "/aws/lambda/rung-api-prod"
MARK = '"bedrock:"'
FELT_FOR = 2
"""Times two turns, one after another, in which calls must be lost."""

VPC, GROUP, CIDR = "vpc-0rungprod", "rung-endpoints", "10.20.0.0/16"
ROLE, POLICY = "rung-lambda-role", "bedrock-access"
CODE, USUAL_PER_MINUTE = "L-254CACF4", 1000.0


@dataclass(kw_only=True)
class ModelFault(AwsFault):
    """A fault that costs calls. `heal` also puts back what people have done about it."""

    @property
    def conditions(self) -> Mapping[str, Any]:
        """None, unless the fault says otherwise."""
        return {}

    def heal(self, scene: Scene) -> None:
        """Take the conditions away; the function calls the usual model again, and the usual quota counts."""
        super().heal(scene)
        usual_function(scene.aws.facts.client("lambda"))
        if quota(scene.aws.facts) != USUAL_PER_MINUTE:
            raise_quota(scene.aws.facts, to=USUAL_PER_MINUTE)

    def shows(self, scene: Scene) -> bool:
        """Whether calls are lost, second after second."""
        logs: Any = scene.aws.facts.client("logs")
        now, each = int(clock.now().timestamp() * 1000), int(2000 * turn_seconds())

        def lost(ago: int) -> bool:
            asked = {"logGroupName": LOG, "startTime": now - each * (ago + 1), "endTime": now - each * ago}
            pages = logs.get_paginator("filter_log_events").paginate(**asked, filterPattern=MARK)
            return any(page["events"] for page in pages)

        return all(lost(ago) for ago in range(FELT_FOR))


def quota(aws: AwsFacts) -> float:
    """How many calls of the usual model a minute the account may make."""
    quotas: Any = aws.client("service-quotas")
    pages = quotas.get_paginator("list_service_quotas").paginate(ServiceCode="bedrock")
    return next(float(one["Value"]) for page in pages for one in page["Quotas"] if one["QuotaCode"] == CODE)


def raise_quota(aws: AwsFacts, *, to: float) -> None:
    """What a person asks AWS for."""
    quotas: Any = aws.client("service-quotas")
    quotas.request_service_quota_increase(ServiceCode="bedrock", QuotaCode=CODE, DesiredValue=to)


def admit(aws: AwsFacts, *, https: bool) -> None:
    """Whether the security group of the VPC's endpoints lets HTTPS in."""
    ec2: Any = aws.client("ec2")
    named = [{"Name": "vpc-id", "Values": [VPC]}, {"Name": "group-name", "Values": [GROUP]}]
    (group,) = ec2.describe_security_groups(Filters=named)["SecurityGroups"]
    rule = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": CIDR}]}
    if https and not group["IpPermissions"]:
        ec2.authorize_security_group_ingress(GroupId=group["GroupId"], IpPermissions=[rule])
    elif not https and group["IpPermissions"]:
        ec2.revoke_security_group_ingress(GroupId=group["GroupId"], IpPermissions=[rule])
