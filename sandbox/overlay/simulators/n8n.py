"""The tasks of n8n at work: whether they run and serve, what they take, and what ECS publishes about them.

A task needs `USUAL_MB` and ends for want of memory when it has less than it needs; a hung one runs and does not serve.
The world's n8n meets its visitors accordingly. What goes wrong are conditions:

    n8n_needs_mb   what a task needs
    n8n_hung       `before` (Unix time), `how` (refused or silent) and `serves_for` (seconds, or none): tasks that
                   started before then do not serve, and others do for so long
"""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

from moto.ecs.models import Service

from journal import clock
from sandbox.errors import WorkerFailed
from sandbox.overlay import containers
from sandbox.overlay.publish import metric
from sandbox.overlay.registry import simulator
from sandbox.overlay.stage import Stage

SERVICE = "n8n"
USUAL_MB = 300

SHOWN: list[str] = []
"""How n8n meets its visitors since the last change, and which task does."""


@simulator
def n8n(stage: Stage) -> None:
    """Let the scheduler work, and the world follow; nothing where no n8n is."""
    if SERVICE not in stage.services:
        return
    service = containers.backend(stage).services[f"{stage.system}:{SERVICE}"]
    needs = int(stage.condition("n8n_needs_mb", USUAL_MB))

    def ends(task: containers.Task) -> containers.End | None:
        return containers.OUT_OF_MEMORY if containers.memory_of(stage, task) < needs else None

    containers.tick(stage, service, ends)
    _meet(stage, *_mode(stage, service))
    _publish(stage, service, needs)


def _mode(stage: Stage, service: Service) -> tuple[str, str]:
    """How n8n meets its visitors, and which task does: the newest that can."""
    ready = [task for task in containers.running(stage, service) if containers.is_ready(task)]
    hung = stage.condition("n8n_hung", {"before": 0.0, "how": "refused", "serves_for": None})
    serving = [
        task
        for task in ready
        if task["startedAt"].timestamp() >= hung["before"]
        and (hung["serves_for"] is None or clock.now() - task["startedAt"] < timedelta(seconds=hung["serves_for"]))
    ]
    if serving:
        return "serving", serving[-1]["taskArn"]
    return (str(hung["how"]) if ready else "refused"), ""


def _meet(stage: Stage, mode: str, task: str) -> None:
    if [mode, task] != SHOWN:
        with suppress(WorkerFailed):  # the world is going
            stage.ask("n8n", mode=mode, task=task)
            SHOWN[:] = [mode, task]


def _publish(stage: Stage, service: Service, needs: int) -> None:
    named = {"ClusterName": stage.system, "ServiceName": SERVICE}
    for task in containers.running(stage, service):
        used = min(100.0, 100.0 * needs / containers.memory_of(stage, task))
        metric(stage, "AWS/ECS", "MemoryUtilization", used, dimensions=named, unit="Percent")
        metric(stage, "AWS/ECS", "CPUUtilization", 12.0, dimensions=named, unit="Percent")
