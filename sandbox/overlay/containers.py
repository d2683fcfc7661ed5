"""The scheduler of ECS in small: tasks of a service are started, end for a reason, and are replaced by a deployment.

For services whose tasks are not a fleet of the world's. What would end a task is decided by the service's simulator.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from moto.ecs.models import EC2ContainerServiceBackend, Service, ecs_backends

from journal import clock
from sandbox.overlay.stage import Stage

BOOT_SECONDS = 0.6
"""How long a task needs until it serves (in truth half a minute)."""

STRIKES, BACK_OFF_SECONDS = 3, 4.0
"""After so many failures the scheduler waits this long between tries (in truth up to a quarter of an hour)."""

KEPT = 50
"""Ended tasks that are remembered; AWS remembers them for about an hour."""

Task = dict[str, Any]
Deployment = dict[str, Any]
End = dict[str, Any]

OUT_OF_MEMORY: End = {
    "stopCode": "EssentialContainerExited",
    "stoppedReason": "Essential container in task exited",
    "container": {"reason": "OutOfMemoryError: Container killed due to memory usage", "exitCode": 137},
}
CRASHED: End = {
    "stopCode": "EssentialContainerExited",
    "stoppedReason": "Essential container in task exited",
    "container": {"exitCode": 1},
}


def tick(stage: Stage, service: Service, ends: Callable[[Task], End | None]) -> None:
    """Let the scheduler work for a moment. `ends` says of a running task whether, and how, it ends now."""
    primary: Deployment = service.deployments[0]
    for task in running(stage, service):
        if (end := ends(task)) is not None:
            finish(task, end)
            primary["failedTasks"] += 1
            if primary["failedTasks"] == STRIKES:
                event(service, f"(service {service.name}) is unable to consistently start tasks successfully.")
    _start_missing(stage, service, primary)
    ours = [task for task in running(stage, service) if task["startedBy"] == primary["id"]]
    for task in ours[service.desired_count :]:
        finish(task, _replaced(primary))
    if len([task for task in ours if is_ready(task)]) >= service.desired_count:
        _complete(stage, service, primary)
    show(service, len(running(stage, service)))


def running(stage: Stage, service: Service) -> list[Task]:
    """The tasks of a service that have not ended, oldest first."""
    return [task for task in of(stage, service.name) if task["lastStatus"] == "RUNNING"]


def of(stage: Stage, service: str) -> list[Task]:
    """Every task of a service that ECS still remembers."""
    return [task for task in stage.tasks if task["group"] == f"service:{service}"]


def forget(stage: Stage, service: str) -> None:
    """Forget the ended tasks of a service and what the scheduler told about it."""
    backend(stage).services[f"{stage.system}:{service}"].events.clear()
    for task in [one for one in of(stage, service) if one["lastStatus"] == "STOPPED"]:
        stage.tasks.remove(task)


def is_ready(task: Task) -> bool:
    """Whether a running task has come up."""
    return task["lastStatus"] == "RUNNING" and clock.now().timestamp() - task["startedAt"].timestamp() >= BOOT_SECONDS


def memory_of(stage: Stage, task: Task) -> int:
    """MiB that a task has."""
    return int(backend(stage).describe_task_definition(task["taskDefinitionArn"]).memory or 0)


def deploy_anew(service: Service) -> None:
    """A new PRIMARY deployment; the tasks of the one before go when those of the new one are there."""
    now = clock.now()
    for deployment in service.deployments:
        deployment["status"] = "ACTIVE"
    before: Deployment = service.deployments[0]
    service.deployments.insert(
        0,
        {
            **before,
            "id": f"ecs-svc/{uuid.uuid4().int % 10**19}",
            "status": "PRIMARY",
            "taskDefinition": service.task_definition,
            "failedTasks": 0,
            "runningCount": 0,
            "rolloutState": "IN_PROGRESS",
            "createdAt": now,
            "updatedAt": now,
        },
    )


def show(service: Service, running_now: int) -> None:
    """Let ECS show how many tasks run. A rollout that has completed stays so, whatever becomes of its tasks later."""
    service.running_count = running_now
    service.pending_count = max(0, service.desired_count - running_now)
    primary: list[Deployment] = service.deployments[:1]
    for deployment in primary:
        deployment["runningCount"], deployment["desiredCount"] = running_now, service.desired_count
        deployment["pendingCount"] = service.pending_count
        deployment["taskDefinition"] = service.task_definition
        if running_now == service.desired_count and len(service.deployments) == 1:
            deployment["rolloutState"] = "COMPLETED"
        deployment["rolloutStateReason"] = f"ECS deployment {deployment['id']} {deployment['rolloutState'].lower()}."


def finish(task: Task, end: End) -> None:
    """End a task, and leave behind what ECS tells about it."""
    task |= {
        "lastStatus": "STOPPED",
        "desiredStatus": "STOPPED",
        "stoppedAt": clock.now(),
        "stopCode": end["stopCode"],
        "stoppedReason": end["stoppedReason"],
    }
    for container in task["containers"]:
        container |= {"lastStatus": "STOPPED", **end.get("container", {})}


def event(service: Service, message: str) -> None:
    """What the scheduler tells, newest first."""
    service.events.insert(0, {"id": str(uuid.uuid4()), "createdAt": clock.now(), "message": message})
    del service.events[100:]


def backend(stage: Stage) -> EC2ContainerServiceBackend:
    """Moto's ECS."""
    return ecs_backends[stage.account][stage.region]


def _start_missing(stage: Stage, service: Service, primary: Deployment) -> None:
    ours = [task for task in of(stage, service.name) if task["startedBy"] == primary["id"]]
    missing = service.desired_count - len([task for task in ours if task["lastStatus"] == "RUNNING"])
    last = max((task["startedAt"].timestamp() for task in ours), default=0.0)
    if missing <= 0 or (primary["failedTasks"] >= STRIKES and clock.now().timestamp() - last < BACK_OFF_SECONDS):
        return
    for _ in range(missing):
        stage.tasks.append(_started(stage, service, primary))
    event(service, f"(service {service.name}) has started {missing} tasks.")
    ended = [task for task in stage.tasks if task["lastStatus"] == "STOPPED"]
    for task in ended[:-KEPT]:
        stage.tasks.remove(task)


def _started(stage: Stage, service: Service, primary: Deployment) -> Task:
    definition = backend(stage).describe_task_definition(str(primary["taskDefinition"]))
    arn = f"arn:aws:ecs:{stage.region}:{stage.account}:task/{stage.system}/{uuid.uuid4().hex}"
    now = clock.now()
    containers: list[dict[str, Any]] = definition.container_definitions
    return {
        "taskArn": arn,
        "clusterArn": service.cluster_arn,
        "taskDefinitionArn": definition.arn,
        "group": f"service:{service.name}",
        "startedBy": primary["id"],
        "launchType": "FARGATE",
        "lastStatus": "RUNNING",
        "desiredStatus": "RUNNING",
        "cpu": definition.cpu,
        "memory": definition.memory,
        "createdAt": now,
        "startedAt": now,
        "containers": [{"name": one["name"], "taskArn": arn, "lastStatus": "RUNNING"} for one in containers],
    }


def _complete(stage: Stage, service: Service, primary: Deployment) -> None:
    for task in running(stage, service):
        if task["startedBy"] != primary["id"]:
            finish(task, _replaced(primary))
    if len(service.deployments) > 1:
        del service.deployments[1:]
        event(service, f"(service {service.name}) has reached a steady state.")


def _replaced(primary: Deployment) -> End:
    reason = f"Scaling activity initiated by (deployment {primary['id']})"
    return {"stopCode": "ServiceSchedulerInitiated", "stoppedReason": reason, "container": {"exitCode": 143}}
