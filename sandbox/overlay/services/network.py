"""The VPC that functions and containers run in: two private subnets, and an endpoint for each service they call.

S3 is reached through a gateway endpoint in the private route table, Bedrock through an interface endpoint whose
security group admits HTTPS from the VPC.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from moto.ec2.models import ec2_backends, vpcs

from sandbox.overlay.call import Call
from sandbox.overlay.cloud import Network, there
from sandbox.overlay.registry import handles, seeds, where
from sandbox.overlay.stage import Stage

CIDR = "10.20.0.0/16"
SUBNETS = {"a": "10.20.0.0/20", "b": "10.20.16.0/20"}
HTTPS = 443

GATEWAYS = ("s3",)
INTERFACES = ("bedrock-runtime",)


@seeds
@where("network")
def network(stage: Stage) -> None:
    """The VPC under the id that the environment names, and everything in it."""
    ec2, own = backend(stage), there(stage.cloud.network)
    _vpc(ec2, own)
    private = ec2.create_route_table(own.vpc, tags=[{"Key": "Name", "Value": own.private}])
    for zone, cidr in SUBNETS.items():
        subnet = ec2.create_subnet(own.vpc, cidr, availability_zone=f"{stage.region}{zone}")
        ec2.associate_route_table(private.id, subnet_id=subnet.id)
    groups = {
        name: ec2.create_security_group(name, about, vpc_id=own.vpc).id
        for name, about in ((own.functions, "What runs in the VPC"), (own.endpoints, "Interface endpoints of the VPC"))
    }
    ec2.authorize_security_group_ingress(groups[own.endpoints], "tcp", "443", "443", [{"CidrIp": CIDR}])
    for service in GATEWAYS:
        ec2.create_vpc_endpoint(own.vpc, service_name(stage, service), "Gateway", None, [private.id])
    for service in INTERFACES:
        ec2.create_vpc_endpoint(
            own.vpc,
            service_name(stage, service),
            "Interface",
            None,
            [],
            subnet_ids=subnets(stage),
            security_group_ids=[groups[own.endpoints]],
            private_dns_enabled=True,
        )


@handles("ec2", "ModifyVpcEndpoint")
def modify_endpoint(call: Call, stage: Stage) -> object:
    """Change an endpoint, and with a gateway endpoint's route tables also the routes in them, which moto forgets."""
    given, ec2 = call.parameters, backend(stage)
    endpoint = ec2.describe_vpc_endpoints(vpc_end_point_ids=[given["VpcEndpointId"]])[0]
    routes, before = endpoint.destination_prefix_list_id, set(endpoint.route_table_ids or [])
    tables: tuple[list[str], list[str]] = given.get("AddRouteTableIds") or [], given.get("RemoveRouteTableIds") or []
    groups: tuple[list[str], list[str]] = (
        given.get("AddSecurityGroupIds") or [],
        given.get("RemoveSecurityGroupIds") or [],
    )
    endpoint.modify(given.get("PolicyDocument"), None, None, *tables, *groups)
    if given.get("PrivateDnsEnabled") is not None:
        endpoint.private_dns_enabled = given["PrivateDnsEnabled"] in (True, "true")
    for table in before - set(endpoint.route_table_ids) if routes else ():
        ec2.delete_route(table, None, destination_prefix_list_id=routes)
    for table in set(endpoint.route_table_ids) - before if routes else ():
        ec2.create_route(table, None, gateway_id=endpoint.id, destination_prefix_list_id=routes)
    return {"Return": True}


def backend(stage: Stage) -> Any:
    """Moto's EC2, which is composed of mixins that a type checker cannot follow."""
    return ec2_backends[stage.account][stage.region]


def service_name(stage: Stage, service: str) -> str:
    """An AWS service by the name that endpoints know it by."""
    return f"com.amazonaws.{stage.region}.{service}"


def subnets(stage: Stage) -> list[str]:
    """Ids of the private subnets."""
    return sorted(
        subnet.id for subnet in backend(stage).describe_subnets(filters={"vpc-id": [there(stage.cloud.network).vpc]})
    )


def security_group(stage: Stage, name: str) -> str:
    """Id of a security group of the VPC by its name."""
    return backend(stage).get_security_group_from_name(name, vpc_id=there(stage.cloud.network).vpc).id


def reached_inside(stage: Stage, service: str) -> bool:
    """Whether the way to a service stays inside the VPC; simulators ask it for each call that they make.

    A gateway endpoint must be in a route table, an interface endpoint have private DNS and a group that admits HTTPS.
    """
    vpc = there(stage.cloud.network).vpc
    for endpoint in backend(stage).vpc_end_points.values():
        if endpoint.vpc_id == vpc and endpoint.service_name == service_name(stage, service):
            if endpoint.state != "available":
                continue
            if service in GATEWAYS:
                return bool(endpoint.route_table_ids)
            groups = [backend(stage).get_security_group_from_id(one) for one in endpoint.security_group_ids]
            return bool(endpoint.private_dns_enabled) and any(_admit(one.ingress_rules, HTTPS) for one in groups)
    return False


def lets_out(stage: Stage, groups: Iterable[str], port: int) -> bool:
    """Whether what runs in these security groups may call a port of others; one group that admits it is enough."""
    return any(_admit(backend(stage).get_security_group_from_id(one).egress_rules, port) for one in groups)


def _admit(rules: Iterable[Any], port: int) -> bool:
    return any(
        rule.ip_protocol == "-1" or int(rule.from_port or 0) <= port <= int(rule.to_port or 65535) for rule in rules
    )


def _vpc(ec2: Any, own: Network) -> None:
    """The VPC with its id: moto gives ids by chance, and this one is in the environment."""
    module: Any = vpcs
    by_chance, module.random_vpc_id = module.random_vpc_id, lambda: own.vpc
    try:
        ec2.create_vpc(CIDR, tags=[{"Key": "Name", "Value": own.name}])
    finally:
        module.random_vpc_id = by_chance
