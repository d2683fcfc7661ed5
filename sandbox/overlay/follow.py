"""News from the world that AWS shows: what its own plants count, how many tasks really run, what faults have set."""

from __future__ import annotations

from sandbox.link import Message
from sandbox.overlay import publish
from sandbox.overlay.concerns.ecs import set_running
from sandbox.overlay.stage import Stage


def apply(stage: Stage, news: Message) -> None:
    """Take in one piece of news: `metric`, `tasks`, or `conditions` (a value of `None` takes one away)."""
    if "metric" in news:
        told = news["metric"]
        publish.metric(
            stage,
            told["namespace"],
            told["name"],
            told["value"],
            dimensions=told["dimensions"],
            unit=told["unit"],
        )
    for service, tasks in news.get("tasks", {}).items():
        set_running(stage, service, int(tasks))
    for name, value in news.get("conditions", {}).items():
        if value is None:
            stage.conditions.pop(name, None)
        else:
            stage.conditions[name] = value
