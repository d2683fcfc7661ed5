"""News from the world that AWS would show: metrics that plants publish, and how many tasks of a service really run."""

from __future__ import annotations

from typing import cast

from moto.cloudwatch.models import MetricDatum, cloudwatch_backends
from moto.core.utils import utcnow

from sandbox.link import Message
from sandbox.overlay.concerns.ecs import set_running
from sandbox.overlay.stage import Stage

KEPT_DATAPOINTS = 50_000


def apply(stage: Stage, news: Message) -> None:
    """Take in one piece of news: `metric` or `tasks`."""
    if "metric" in news:
        metric = news["metric"]
        stored = cloudwatch_backends[stage.account][stage.region].metric_data
        datum = MetricDatum(
            metric["namespace"],
            metric["name"],
            float(metric["value"]),
            [{"Name": name, "Value": value} for name, value in metric["dimensions"].items()],
            utcnow(),
            metric["unit"],
        )
        stored.append(cast("MetricDatum", datum))  # moto's metaclass hides the type from the checker.
        del stored[:-KEPT_DATAPOINTS]
    if "tasks" in news:
        for service, tasks in news["tasks"].items():
            set_running(stage, service, int(tasks))
