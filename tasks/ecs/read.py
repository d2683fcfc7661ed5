"""Looks at ECS services."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from blocks.aws import Aws, explain
from runbook import Facts, Permanent, look


class Service(Facts):
    """One service: running and wanted tasks, and the task definition they run."""

    running: int
    desired: int
    definition: str


class Services(Facts):
    """Services by name."""

    services: dict[str, Service]

    def __str__(self) -> str:
        return ", ".join(f"{name} {one.running} of {one.desired} tasks" for name, one in self.services.items())


@look("ecs:DescribeServices", bound="10 services")
def read_services(aws: Aws, cluster: str, names: tuple[str, ...]) -> Services:
    """How many tasks of each service run. Raises `Permanent` when a service is missing."""
    if not names:
        raise Permanent("The environment names no ECS services; add the clients of the database to its pools.")
    try:
        answer: dict[str, Any] = aws.reading("ecs").describe_services(cluster=cluster, services=list(names)[:10])
    except (ClientError, BotoCoreError) as error:
        raise explain(error, f"describe the ECS services of {cluster}") from error
    found = {
        service["serviceName"]: Service(
            running=service["runningCount"], desired=service["desiredCount"], definition=service["taskDefinition"]
        )
        for service in answer["services"]
    }
    if missing := [name for name in names if name not in found]:
        raise Permanent(f"{cluster} has no service {', '.join(missing)}; correct the environment's pools.")
    return Services(services={name: found[name] for name in names})


@look("ecs:DescribeTaskDefinition", bound="one number")
def read_number(aws: Aws, definition: str, variable: str) -> int:
    """A number from a task definition's environment. Every other variable is dropped at once: some are secrets."""
    try:
        answer: dict[str, Any] = aws.reading("ecs").describe_task_definition(taskDefinition=definition)
    except (ClientError, BotoCoreError) as error:
        raise explain(error, f"describe the task definition {definition.rpartition('/')[2]}") from error
    for container in answer["taskDefinition"]["containerDefinitions"]:
        for pair in container.get("environment", []):
            if pair["name"] == variable and str(pair["value"]).isdigit():
                return int(pair["value"])
    raise Permanent(f"{definition.rpartition('/')[2]} does not set {variable} to a number; correct the environment.")
