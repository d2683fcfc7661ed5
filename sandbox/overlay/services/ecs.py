"""ECS services whose counts are true: what runs is what the world really runs, and an update really changes it.

A service that holds database connections says so in its task definition: the environment variable DB_POOL_SIZE is each
task's pool, so that pool x tasks can be computed from what DescribeServices and DescribeTaskDefinition show. The tasks
of the others are `sandbox.overlay.containers`'s.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import Any

from moto.core.utils import camelcase_to_underscores
from moto.ecs.models import EC2ContainerServiceBackend, Service

from sandbox.errors import WorkerFailed
from sandbox.overlay.call import Call, Refused
from sandbox.overlay.containers import backend, deploy_anew, of, show
from sandbox.overlay.registry import MOTO, handles, seeds
from sandbox.overlay.stage import Stage

POOL_SIZE = "DB_POOL_SIZE"
SIZES = {256: (512, 1024, 2048), 512: (1024, 2048, 3072, 4096), 1024: tuple(range(2048, 8193, 1024))}
"""MiB that Fargate gives for CPU units, as far as the sandbox needs them."""


@seeds
def cluster(stage: Stage) -> None:
    """The cluster and its services, as many tasks as the world starts."""
    ecs = backend(stage)
    ecs.create_cluster(stage.system)
    for name, shape in stage.services.items():
        environment = [{"name": POOL_SIZE, "value": str(shape["pool_size"])}] if "pool_size" in shape else []
        container: dict[str, Any] = {
            "name": name,
            "image": f"{stage.account}.dkr.ecr.{stage.region}.amazonaws.com/{name}:live",
            "essential": True,
            "cpu": 256,
            "memory": 512,
            "environment": [*environment, {"name": "SESSION_SECRET", "value": f"planted-secret-of-{name}"}],
        }
        ecs.register_task_definition(name, [container], requires_compatibilities=["FARGATE"], cpu="256", memory="512")
        ecs.create_service(stage.system, name, shape["tasks"], name, launch_type="FARGATE")
        set_running(stage, name, 0)


@handles("ecs", "UpdateService")
def update_service(call: Call, stage: Stage) -> object:
    """Change the service in moto, answer as AWS does (desired now, running later), and let the world follow."""
    ecs = backend(stage)
    service = _find(ecs, call)
    running = service.running_count
    wanted = {camelcase_to_underscores(name): value for name, value in call.parameters.items()}
    definition, anew = wanted.pop("task_definition", None), wanted.pop("force_new_deployment", None) in (True, "true")
    arn = ecs.describe_task_definition(str(definition)).arn if definition else service.task_definition
    ecs.update_service(wanted)
    if arn != service.task_definition or anew:
        service.task_definition = arn
        deploy_anew(service)
    show(service, running)
    if service.cluster_name == stage.system and "pool_size" in stage.services.get(service.name, {}):
        threading.Thread(target=_deploy, args=(stage, service), daemon=True).start()
    return {"service": service}


@handles("ecs", "RegisterTaskDefinition")
def register(call: Call, _stage: Stage) -> object:
    """Refuse what Fargate cannot run: moto takes any memory for any number of CPU units."""
    given = call.parameters
    if "FARGATE" in (given.get("requiresCompatibilities") or []):
        units, memory = int(given.get("cpu") or 0), int(given.get("memory") or 0)
        if memory not in SIZES.get(units, ()):
            raise _refused(f"No Fargate configuration exists for given values: {units} CPU, {memory} memory.")
        for container in given["containerDefinitions"]:
            if int(container.get("memory") or 0) > memory:
                raise _refused("Invalid setting for container: memory must not be greater than that of its task.")
    return MOTO


@handles("ecs", "ListTasks")
def list_tasks(call: Call, stage: Stage) -> object:
    """Tasks of one service by what they are meant to be; those that ended are remembered for a while."""
    name = str(call.parameters.get("serviceName") or "").split("/")[-1]
    if not name or "pool_size" in stage.services.get(name, {"pool_size": 0}):
        return MOTO
    status = call.parameters.get("desiredStatus", "RUNNING")
    found = [task["taskArn"] for task in of(stage, name) if task["desiredStatus"] == status]
    return {"taskArns": found[-int(call.parameters.get("maxResults") or 100) :]}


@handles("ecs", "DescribeTasks")
def describe_tasks(call: Call, stage: Stage) -> object:
    """Tasks by ARN, with why they ended."""
    asked: list[str] = call.parameters.get("tasks") or []
    ours = [task for task in stage.tasks if task["taskArn"] in asked]
    if not ours:
        return MOTO
    missing = set(asked) - {task["taskArn"] for task in ours}
    return {"tasks": ours, "failures": [{"arn": arn, "reason": "MISSING"} for arn in missing]}


def set_running(stage: Stage, name: str, running: int) -> None:
    """How many tasks of a service really run; called when the world says so."""
    service = backend(stage).services[f"{stage.system}:{name}"]
    if running == service.desired_count:
        del service.deployments[1:]
    show(service, running)


def _deploy(stage: Stage, service: Service) -> None:
    # The fleet reports its running tasks by itself; one that died simply stays at the count it had.
    with suppress(WorkerFailed):
        stage.ask("deploy", service=service.name, tasks=service.desired_count, pool_size=_pool_size(stage, service))


def _pool_size(stage: Stage, service: Service) -> int:
    definition = backend(stage).describe_task_definition(str(service.task_definition))
    containers: list[dict[str, Any]] = definition.container_definitions
    for container in containers:
        for variable in container.get("environment", []):
            if variable["name"] == POOL_SIZE:
                return int(variable["value"])
    return stage.services[service.name]["pool_size"]


def _find(ecs: EC2ContainerServiceBackend, call: Call) -> Service:
    name = str(call.parameters.get("service", "")).split("/")[-1]
    return ecs._get_service(call.parameters.get("cluster", "default"), name)  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] # moto's


def _refused(message: str) -> Refused:
    return Refused("ClientException", message)
