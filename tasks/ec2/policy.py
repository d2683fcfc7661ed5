"""Looks at the way to a service by a VPC endpoint: one that is there and routed may still let nobody through."""

from __future__ import annotations

from botocore.exceptions import BotoCoreError, ClientError

from blocks.aws import Aws, explain
from blocks.iam.documents import Decision, Request, decide
from runbook import Facts, Permanent, look
from tasks.ec2.read import Endpoint, read_endpoints


class Way(Facts):
    """The endpoint, and what its policy says about each action. Without an endpoint there are no decisions."""

    endpoint: Endpoint
    decisions: dict[str, Decision]

    @property
    def admits(self) -> bool:
        """Whether its policy admits every action. Raises `LookupError` where that cannot be told."""
        if "unknown" in self.decisions.values():
            raise LookupError(f"the policy of the endpoint for {self.endpoint.service} has conditions nobody can judge")
        return bool(self.decisions) and set(self.decisions.values()) == {"allow"}

    @property
    def open(self) -> bool:
        """Whether requests get through: endpoint usable, policy admitting."""
        return self.endpoint.usable and self.admits

    def __str__(self) -> str:
        words = {"allow": "admits", "unknown": "may admit"}
        said = ", ".join(f"{words.get(said, 'does not admit')} {action}" for action, said in self.decisions.items())
        return f"{self.endpoint}" + (f"; its policy {said}" if said else "")


@look(*read_endpoints.permissions, bound=read_endpoints.bound)
def read_way(aws: Aws, vpc: str, service: str, requests: tuple[Request, ...]) -> Way:
    """The endpoint of a service and what its policy says about the requests (`rung.c408`, which asks for its state)."""
    endpoint = read_endpoints(aws, vpc, (service,)).endpoints[service]
    decisions: dict[str, Decision] = {}
    if endpoint.state == "available":
        document = _policy(aws, vpc, service)
        try:
            decisions = {request.action: decide(document, request)[0] for request in requests}
        except ValueError as error:
            raise Permanent(f"The policy of the endpoint for {service} cannot be read; look by hand.") from error
    return Way(endpoint=endpoint, decisions=decisions)


def _policy(aws: Aws, vpc: str, service: str) -> str:
    name = f"com.amazonaws.{aws.region}.{service}"
    try:
        found = aws.reading("ec2").describe_vpc_endpoints(
            Filters=[{"Name": "vpc-id", "Values": [vpc]}, {"Name": "service-name", "Values": [name]}]
        )["VpcEndpoints"]
    except (ClientError, BotoCoreError) as error:
        raise explain(error, f"describe the endpoints of {vpc}") from error
    policies = [one.get("PolicyDocument") for one in found if one["State"].lower() == "available"]
    if not policies or not policies[0]:
        raise Permanent(f"AWS gave no policy of the endpoint for {service}; that is unknown.")
    return str(policies[0])
