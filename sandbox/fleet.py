"""The tasks of an ECS service: real pools of real sessions, there in good times and bad.

ECS shows them truthfully: `deploy` is what an UpdateService leads to, and the running count is told to the AWS
stand-in.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.aws import Aws
from sandbox.client_load import LONGEST, ClientLoad
from sandbox.link import Message

if TYPE_CHECKING:
    from typing import Any


@dataclass(frozen=True, kw_only=True)
class Size:
    """How many tasks, and how many sessions each task's pool keeps."""

    tasks: int
    pool_size: int

    @property
    def sessions(self) -> int:
        """What all pools together want."""
        return self.tasks * self.pool_size


class Fleet:
    """The service's tasks as one client process."""

    def __init__(self, *, home: Path, service: str, dsn: str, size: Size) -> None:
        self.usual, self._service = size, service
        self._size = size
        self._lock = threading.Lock()
        self._client_load = ClientLoad(
            "pooled", home=home, name=service, lives_for=LONGEST, dsn=dsn, tasks=size.tasks, pool_size=size.pool_size
        )

    @property
    def size(self) -> Size:
        """As deployed now."""
        return self._size

    def count(self) -> Message:
        """Sessions held and wanted, tasks running."""
        return self._client_load.count()

    def deploy(self, size: Size, aws: Aws) -> None:
        """Run another number of tasks with another pool size, and let ECS show it."""
        with self._lock:
            running = self._client_load.resize(tasks=size.tasks, pool_size=size.pool_size)
            self._size = size
        aws.tasks_run(self._service, int(running["tasks"]))

    def stop(self) -> None:
        """End every task."""
        self._client_load.stop()


def update_service(aws: Aws, *, cluster: str, service: str, size: Size) -> None:
    """Deploy as a person does: register a task definition with the new pool size, and point the service at it."""
    ecs: Any = aws.facts.client("ecs")
    current = ecs.describe_task_definition(taskDefinition=service)["taskDefinition"]
    for container in current["containerDefinitions"]:
        container["environment"] = [
            {**variable, "value": str(size.pool_size)} if variable["name"] == "DB_POOL_SIZE" else variable
            for variable in container["environment"]
        ]
    made = ecs.register_task_definition(
        family=service,
        containerDefinitions=current["containerDefinitions"],
        requiresCompatibilities=current["requiresCompatibilities"],
        cpu=current["cpu"],
        memory=current["memory"],
    )["taskDefinition"]
    ecs.update_service(
        cluster=cluster, service=service, taskDefinition=made["taskDefinitionArn"], desiredCount=size.tasks
    )
