"""Looks at one ECS service as a whole: its rollout, its tasks, why tasks ended, and what the scheduler says."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from blocks.aws import Aws, explain
from journal import clock
from runbook import Facts, Permanent, Release, look

STOPPED, EVENTS = 100, 20
"""Ended tasks and events that one look takes. ECS keeps ended tasks for about an hour."""

ABORTED = 134
"""Exit code of abort, which is how Node.js ends when its heap is full; ECS has no word for that."""

OUT_OF_MEMORY, REPLACED = "out of memory", "replaced"


class Rollout(Facts):
    """The deployment that is to become the service: ECS calls it PRIMARY. `state` is completed, in_progress, failed."""

    id: str
    state: str
    since: datetime
    failed_tasks: int


class Containers(Facts):
    """A service: how many tasks it wants and has, on which task definition, and why tasks of it ended lately.

    `memory` is what one task has, in MiB. `ended` counts the tasks that ended within `window` by reason: out of memory,
    exited, failed to start, unhealthy, replaced (by a deployment or by scaling in), other; `last_ended` is the reason
    of the newest that was not replaced. `unable` counts the events in which the scheduler cannot start tasks.
    """

    service: str
    desired: int
    running: int
    definition: str
    memory: int
    rollout: Rollout
    rollouts: int
    ended: dict[str, int]
    last_ended: str | None
    unable: int
    window: timedelta

    @property
    def release(self) -> Release:
        """The deployment that is to become the service; `tasks.ecs.releases` has those before it."""
        at = self.rollout.since
        return Release(what="deployment", service=self.service, version=self.definition, at=at, source="ECS")

    @property
    def rolling(self) -> bool:
        """Whether a deployment is under way."""
        return self.rollouts > 1 or self.rollout.state == "in_progress"

    def __str__(self) -> str:
        ended = ", ".join(f"{count} {reason}" for reason, count in self.ended.items())
        return (
            f"{self.service} runs {self.running} of {self.desired} tasks of {self.definition} with {self.memory} MiB,"
            f" rollout {self.rollout.state.replace('_', ' ')}; ended lately: {ended or 'none'}"
        )


@look(
    "ecs:DescribeServices",
    "ecs:DescribeTaskDefinition",
    "ecs:ListTasks",
    "ecs:DescribeTasks",
    bound=f"one service, {STOPPED} ended tasks, {EVENTS} events; no environment values",
)
def read_containers(aws: Aws, cluster: str, name: str, *, window: timedelta = timedelta(hours=1)) -> Containers:
    """One service and what became of its tasks. Raises `Permanent` when it is missing or may not be seen."""
    since = clock.now() - window
    service = describe(aws, cluster, name)
    primary = next((one for one in service["deployments"] if one["status"] == "PRIMARY"), None)
    if primary is None:
        raise Permanent(f"{name} is not deployed by ECS itself, so its rollout cannot be read; look by hand.")
    ended = [one for one in _ended(aws, cluster, name) if one.get("stoppedAt", since) >= since]
    reasons = [why_ended(one) for one in sorted(ended, key=lambda one: one.get("stoppedAt", since))]
    definition = definition_of(aws, service["taskDefinition"])
    events = [one for one in service.get("events", [])[:EVENTS] if one["createdAt"] >= since]
    return Containers(
        service=name,
        desired=service["desiredCount"],
        running=service["runningCount"],
        definition=service["taskDefinition"].rpartition("/")[2],
        memory=memory_of(definition),
        rollout=Rollout(
            id=primary["id"],
            state=primary.get("rolloutState", "COMPLETED").lower(),
            since=primary["createdAt"],
            failed_tasks=primary.get("failedTasks", 0),
        ),
        rollouts=len(service["deployments"]),
        ended={reason: reasons.count(reason) for reason in dict.fromkeys(reasons)},
        last_ended=next((reason for reason in reversed(reasons) if reason != REPLACED), None),
        unable=sum("unable to" in one["message"] for one in events),
        window=window,
    )


def describe(aws: Aws, cluster: str, name: str) -> dict[str, Any]:
    """The service as the API gives it."""
    try:
        found = aws.reading("ecs").describe_services(cluster=cluster, services=[name])["services"]
    except (ClientError, BotoCoreError) as error:
        raise explain(error, f"describe the ECS service {name}") from error
    active = [one for one in found if one["status"] == "ACTIVE"]
    if not active:
        raise Permanent(f"{cluster} has no active service {name}; correct the environment.")
    return active[0]


def definition_of(aws: Aws, arn: str) -> dict[str, Any]:
    """A task definition as the API gives it, environment values included: never keep or show it as a whole."""
    try:
        return aws.reading("ecs").describe_task_definition(taskDefinition=arn)["taskDefinition"]
    except (ClientError, BotoCoreError) as error:
        raise explain(error, f"describe the task definition {arn.rpartition('/')[2]}") from error


def memory_of(definition: dict[str, Any]) -> int:
    """MiB that one task has: its own, or that of its containers together where it has none (on EC2)."""
    if definition.get("memory"):
        return int(definition["memory"])
    containers: list[dict[str, Any]] = definition["containerDefinitions"]
    return sum(int(one.get("memory") or one.get("memoryReservation") or 0) for one in containers)


def why_ended(task: dict[str, Any]) -> str:
    """Why a task ended, from its stop code and from what its containers left behind."""
    containers: list[dict[str, Any]] = task.get("containers", [])
    if any("OutOfMemory" in one.get("reason", "") for one in containers):
        return OUT_OF_MEMORY
    reason: str = task.get("stoppedReason", "")
    match task.get("stopCode"):
        case "EssentialContainerExited":
            return OUT_OF_MEMORY if any(one.get("exitCode") == ABORTED for one in containers) else "exited"
        case "TaskFailedToStart":
            return "failed to start"
        case "ServiceSchedulerInitiated":
            return "unhealthy" if "health check" in reason else REPLACED
        case _:
            return "other"


def _ended(aws: Aws, cluster: str, name: str) -> list[dict[str, Any]]:
    ecs = aws.reading("ecs")
    try:
        arns = ecs.list_tasks(cluster=cluster, serviceName=name, desiredStatus="STOPPED", maxResults=STOPPED)
        if not arns["taskArns"]:
            return []
        return ecs.describe_tasks(cluster=cluster, tasks=arns["taskArns"])["tasks"]
    except (ClientError, BotoCoreError) as error:
        raise explain(error, f"list the ended tasks of {name}") from error
