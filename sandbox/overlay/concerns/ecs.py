"""ECS services whose counts are true: what runs is what the world really runs, and an update really changes it.

A service that holds database connections says so in its task definition: the environment variable DB_POOL_SIZE is each
task's pool, so that pool x tasks can be computed from what DescribeServices and DescribeTaskDefinition show.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import Any

from moto.core.utils import camelcase_to_underscores
from moto.ecs.models import EC2ContainerServiceBackend, Service, ecs_backends

from sandbox.errors import WorkerFailed
from sandbox.overlay.call import Call
from sandbox.overlay.registry import handles, seeds
from sandbox.overlay.stage import Stage

POOL_SIZE = "DB_POOL_SIZE"


@seeds
def cluster(stage: Stage) -> None:
    """The cluster and its services, as many tasks as the world starts."""
    backend = _backend(stage)
    backend.create_cluster(stage.system)
    for name, shape in stage.services.items():
        environment = [{"name": POOL_SIZE, "value": str(shape["pool_size"])}] if "pool_size" in shape else []
        container: dict[str, Any] = {
            "name": name,
            "image": f"{stage.account}.dkr.ecr.{stage.region}.amazonaws.com/{name}:live",
            "essential": True,
            "cpu": 256,
            "memory": 512,
            "environment": environment,
        }
        backend.register_task_definition(
            name, [container], requires_compatibilities=["FARGATE"], cpu="256", memory="512"
        )
        backend.create_service(stage.system, name, shape["tasks"], name, launch_type="FARGATE")
        set_running(stage, name, 0 if "pool_size" in shape else shape["tasks"])


@handles("ecs", "UpdateService")
def update_service(call: Call, stage: Stage) -> object:
    """Change the service in moto, answer as AWS does (desired now, running later), and let the world follow."""
    backend = _backend(stage)
    service = _find(backend, call)
    running = service.running_count
    wanted = {camelcase_to_underscores(name): value for name, value in call.parameters.items()}
    backend.update_service(wanted)
    if call.parameters.get("taskDefinition"):
        service.task_definition = backend.describe_task_definition(call.parameters["taskDefinition"]).arn
    _show(service, running)
    if service.cluster_name == stage.system and "pool_size" in stage.services.get(service.name, {}):
        threading.Thread(target=_deploy, args=(stage, service), daemon=True).start()
    else:
        _show(service, service.desired_count)
    return {"service": service}


def set_running(stage: Stage, name: str, running: int) -> None:
    """How many tasks of a service really run; called when the world says so."""
    _show(_backend(stage).services[f"{stage.system}:{name}"], running)


def _deploy(stage: Stage, service: Service) -> None:
    # The fleet reports its running tasks by itself; one that died simply stays at the count it had.
    with suppress(WorkerFailed):
        stage.ask("deploy", service=service.name, tasks=service.desired_count, pool_size=_pool_size(stage, service))


def _pool_size(stage: Stage, service: Service) -> int:
    definition = _backend(stage).describe_task_definition(str(service.task_definition))
    containers: list[dict[str, Any]] = definition.container_definitions
    for container in containers:
        for variable in container.get("environment", []):
            if variable["name"] == POOL_SIZE:
                return int(variable["value"])
    return stage.services[service.name]["pool_size"]


def _show(service: Service, running: int) -> None:
    service.running_count = running
    service.pending_count = max(0, service.desired_count - running)
    for deployment in service.deployments[:1]:
        deployment["runningCount"], deployment["desiredCount"] = running, service.desired_count
        deployment["pendingCount"] = service.pending_count
        deployment["taskDefinition"] = service.task_definition
        deployment["rolloutState"] = "COMPLETED" if running == service.desired_count else "IN_PROGRESS"
        deployment["rolloutStateReason"] = f"ECS deployment {deployment['id']} {deployment['rolloutState'].lower()}."


def _find(backend: EC2ContainerServiceBackend, call: Call) -> Service:
    name = str(call.parameters.get("service", "")).split("/")[-1]
    return backend._get_service(call.parameters.get("cluster", "default"), name)  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]


def _backend(stage: Stage) -> EC2ContainerServiceBackend:
    return ecs_backends[stage.account][stage.region]
