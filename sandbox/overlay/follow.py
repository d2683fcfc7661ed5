"""News from the world that AWS shows: what the world counts and logs, how many tasks run, what faults have set."""

from __future__ import annotations

from sandbox.link import Message
from sandbox.overlay import containers, publish
from sandbox.overlay.services.ecs import set_running
from sandbox.overlay.stage import Stage


def apply(stage: Stage, news: Message) -> None:
    """Take in news: `metric`, `log`, `tasks`, `forget`, or `conditions` (a value of `None` takes one away)."""
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
    if "log" in news:
        publish.log(stage, news["log"]["group"], news["log"]["lines"])
    for service, tasks in news.get("tasks", {}).items():
        set_running(stage, service, int(tasks))
    if "forget" in news:
        containers.forget(stage, news["forget"])
    for name, value in news.get("conditions", {}).items():
        if value is None:
            stage.conditions.pop(name, None)
        else:
            stage.conditions[name] = value
