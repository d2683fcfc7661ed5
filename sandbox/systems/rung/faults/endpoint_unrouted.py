"""The gateway endpoint of S3 is in no route table any more: every call to S3 goes round by the busy NAT gateway."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.faults.fault import Scene
from sandbox.systems.rung.api_faults import LatencyFault


@dataclass(kw_only=True)
class EndpointUnrouted(LatencyFault):
    """Takes the route away; a person puts it back (`route`)."""

    @property
    def conditions(self) -> Mapping[str, Any]:
        """Nothing beyond AWS's own configuration."""
        return {}

    def start(self, scene: Scene) -> None:
        """Take the endpoint out of its route table."""
        ec2: Any = scene.aws.facts.client("ec2")
        found = endpoint(ec2)
        ec2.modify_vpc_endpoint(VpcEndpointId=found["VpcEndpointId"], RemoveRouteTableIds=found["RouteTableIds"])
        super().start(scene)

    def heal(self, scene: Scene) -> None:
        """Put it back."""
        route(scene.aws.facts.client("ec2"))
        super().heal(scene)


def route(ec2: Any) -> None:
    """What a person does about it: put the endpoint into the route table of the private subnets, if it is not there."""
    found = endpoint(ec2)
    tables = ec2.describe_route_tables(
        Filters=[{"Name": "vpc-id", "Values": [found["VpcId"]]}, {"Name": "tag:Name", "Values": ["rung-private"]}]
    )["RouteTables"]
    wanted = [table["RouteTableId"] for table in tables]
    if set(wanted) - set(found.get("RouteTableIds", [])):
        ec2.modify_vpc_endpoint(VpcEndpointId=found["VpcEndpointId"], AddRouteTableIds=wanted)


def endpoint(ec2: Any) -> dict[str, Any]:
    """The gateway endpoint of S3; one that was deleted is shown for a while, too."""
    found = ec2.describe_vpc_endpoints(Filters=[{"Name": "service-name", "Values": ["com.amazonaws.us-east-1.s3"]}])
    return next(one for one in found["VpcEndpoints"] if one["State"] == "available")
