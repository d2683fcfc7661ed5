"""Looks at VPC endpoints: whether a service is reached inside the VPC, and whether the way there is open.

An endpoint alone proves little. A gateway endpoint (S3) must be in the route tables of the subnets; an interface
endpoint (Bedrock) must be available, have private DNS, and admit HTTPS from the VPC.
"""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from blocks.aws import Aws, explain
from runbook import Facts, look

HTTPS = 443


class Endpoint(Facts):
    """The endpoint of one AWS service in one VPC. `state` is `absent` where there is none.

    `routed` and `route_tables`: of a gateway endpoint, how many of the VPC's route tables know it. `private_dns` and
    `open_to_vpc`: of an interface endpoint, whether the usual name leads to it, and whether its security groups admit
    HTTPS from the VPC's addresses.
    """

    service: str
    vpc: str
    state: str
    kind: str = ""
    routed: int = 0
    route_tables: int = 0
    private_dns: bool = False
    open_to_vpc: bool = False

    @property
    def usable(self) -> bool:
        if self.state != "available":
            return False
        return self.routed > 0 if self.kind == "Gateway" else self.private_dns and self.open_to_vpc

    @property
    def remedy(self) -> str:
        """What a person does about an endpoint that is not usable."""
        if self.state == "absent":
            return f"Create an endpoint for {self.service} in {self.vpc}."
        if self.state != "available":
            return "Find out in the VPC console why it is not available, and create it anew if it has failed."
        if self.kind == "Gateway":
            return "Add it to the route tables of the subnets that the function runs in."
        if not self.private_dns:
            return "Enable private DNS on it, so that the service's usual name leads to it."
        return "Admit HTTPS (port 443) from the VPC's addresses in its security group."

    def __str__(self) -> str:
        if self.state == "absent":
            return f"{self.vpc} has no endpoint for {self.service}"
        if self.kind == "Gateway":
            more = f"in {self.routed} of {self.route_tables} route tables"
        else:
            dns = "with" if self.private_dns else "without"
            more = f"{dns} private DNS, HTTPS from the VPC {'admitted' if self.open_to_vpc else 'not admitted'}"
        return f"the endpoint for {self.service} is {self.state}, {more}"


class Endpoints(Facts):
    """Endpoints by the short name of their service, such as `s3` and `bedrock-runtime`."""

    endpoints: dict[str, Endpoint]

    def __str__(self) -> str:
        return "; ".join(str(one) for one in self.endpoints.values())


@look(
    "ec2:DescribeVpcEndpoints",
    "ec2:DescribeRouteTables",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeVpcs",
    bound="the endpoints, route tables and security groups of one VPC",
)
def read_endpoints(aws: Aws, vpc: str, services: tuple[str, ...]) -> Endpoints:
    """The endpoints of these services in the VPC (`rung.c270`, `rung.c408`). One that is missing is `absent`."""
    ec2, within = aws.reading("ec2"), [{"Name": "vpc-id", "Values": [vpc]}]
    try:
        found = [one for page in _paged(ec2, "describe_vpc_endpoints", within) for one in page["VpcEndpoints"]]
        tables = [one for page in _paged(ec2, "describe_route_tables", within) for one in page["RouteTables"]]
        groups = [one for page in _paged(ec2, "describe_security_groups", within) for one in page["SecurityGroups"]]
        (network,) = ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"]
    except (ClientError, BotoCoreError) as error:
        raise explain(error, f"describe the endpoints of {vpc}") from error
    names = {service: f"com.amazonaws.{aws.region}.{service}" for service in services}
    return Endpoints(
        endpoints={
            service: _endpoint(service, vpc, _best(found, name), tables, _open(groups, network["CidrBlock"]))
            for service, name in names.items()
        }
    )


def _paged(ec2: Any, call: str, within: list[dict[str, Any]]) -> Any:
    return ec2.get_paginator(call).paginate(Filters=within, PaginationConfig={"MaxItems": 1000})


def _best(found: list[dict[str, Any]], name: str) -> dict[str, Any] | None:
    """The endpoint of a service; of several the one that is available."""
    ours = [one for one in found if one["ServiceName"] == name]
    return min(ours, key=lambda one: one["State"].lower() != "available", default=None)


def _endpoint(
    service: str,
    vpc: str,
    found: dict[str, Any] | None,
    tables: list[dict[str, Any]],
    open_groups: set[str],
) -> Endpoint:
    if found is None:
        return Endpoint(service=service, vpc=vpc, state="absent")
    identifier, own = found["VpcEndpointId"], {one["GroupId"] for one in found.get("Groups", [])}
    routed = sum(any(route.get("GatewayId") == identifier for route in table["Routes"]) for table in tables)
    return Endpoint(
        service=service,
        vpc=vpc,
        state=found["State"].lower(),
        kind=found["VpcEndpointType"],
        routed=max(routed, len(found.get("RouteTableIds", []))),
        route_tables=len(tables),
        private_dns=bool(found.get("PrivateDnsEnabled")),
        open_to_vpc=bool(own & open_groups),
    )


def _open(groups: list[dict[str, Any]], cidr: str) -> set[str]:
    return {group["GroupId"] for group in groups if _admits(group, cidr)}


def _admits(group: dict[str, Any], cidr: str) -> bool:
    """Whether a security group lets HTTPS in from every address of the network, or from its own members."""
    for rule in group["IpPermissions"]:
        anything = rule["IpProtocol"] == "-1"
        if not anything and not rule.get("FromPort", 0) <= HTTPS <= rule.get("ToPort", 65535):
            continue
        if rule.get("UserIdGroupPairs"):
            return True
        if any(IPv4Network(cidr).subnet_of(IPv4Network(one["CidrIp"])) for one in rule.get("IpRanges", [])):
            return True
    return False
