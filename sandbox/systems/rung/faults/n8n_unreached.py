"""Somebody lets the functions out to HTTPS and the database alone: n8n is well, and they no longer reach its port."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from sandbox.aws import AwsFacts
from sandbox.faults.fault import Scene
from sandbox.systems.rung.api_faults import ErrorFault
from sandbox.systems.rung.delivery import address

VPC, GROUP = "vpc-0rungprod", "rung-functions"
ANYWHERE = [{"CidrIp": "0.0.0.0/0"}]
EVERYTHING = {"IpProtocol": "-1", "IpRanges": ANYWHERE}


@dataclass(kw_only=True)
class N8NUnreached(ErrorFault):
    """Narrows the rules of the functions' security group; a person lets them out to n8n again (`let_out`)."""

    @property
    def conditions(self) -> Mapping[str, Any]:
        """Nothing beyond AWS's own configuration."""
        return {}

    def start(self, scene: Scene) -> None:
        """Narrow them."""
        _replace(scene.aws.facts, [_to(443), _to(scene.address.port)])
        super().start(scene)

    def heal(self, scene: Scene) -> None:
        """Let everything out, as before."""
        _replace(scene.aws.facts, [EVERYTHING])
        super().heal(scene)


def let_out(aws: AwsFacts) -> None:
    """What a person does about it: let the functions out to the port to which they send their events."""
    port = urlsplit(address(aws)).port
    assert port is not None, "n8n has a port of its own in the sandbox"
    ec2: Any = aws.client("ec2")
    ec2.authorize_security_group_egress(GroupId=_group(ec2)["GroupId"], IpPermissions=[_to(port)])


def _replace(aws: AwsFacts, rules: list[dict[str, Any]]) -> None:
    ec2: Any = aws.client("ec2")
    group = _group(ec2)
    if group["IpPermissionsEgress"]:
        ec2.revoke_security_group_egress(GroupId=group["GroupId"], IpPermissions=group["IpPermissionsEgress"])
    ec2.authorize_security_group_egress(GroupId=group["GroupId"], IpPermissions=rules)


def _group(ec2: Any) -> dict[str, Any]:
    named = [{"Name": "vpc-id", "Values": [VPC]}, {"Name": "group-name", "Values": [GROUP]}]
    (group,) = ec2.describe_security_groups(Filters=named)["SecurityGroups"]
    return group


def _to(port: int) -> dict[str, Any]:
    return {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": ANYWHERE}
