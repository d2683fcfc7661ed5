"""How the simulators let something show in AWS: values of metrics, and lines in logs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from moto.logs.models import LogsBackend, logs_backends

from journal import clock
from sandbox.overlay.stage import Stage
from sandbox.overlay.stored import metric_of, stored

KEPT_EVENTS = 20_000
"""Of one log stream; a search looks at each, so a world that has lived for long would answer slowly."""


def metric(
    stage: Stage, namespace: str, name: str, *values: float, dimensions: Mapping[str, str], unit: str = "None"
) -> None:
    """Store values of a metric, each as one datapoint stamped with now."""
    stored(stage).add(metric_of(namespace, name, dimensions), clock.now().timestamp(), map(float, values), unit)


def forget(stage: Stage, seconds: float) -> None:
    """Take away the datapoints and log events of the last seconds."""
    since = clock.now().timestamp() - seconds
    stored(stage).forget(since)
    for group in logs_backends[stage.account][stage.region].groups.values():
        for stream in group.streams.values():
            stream.events[:] = [one for one in stream.events if one.timestamp < since * 1000]


def log(stage: Stage, group: str, lines: Iterable[str | Mapping[str, Any]], *, stream: str = "sandbox") -> None:
    """Write lines into a log group, stamped with now; a mapping becomes a line of JSON. The group is made if needed."""
    backend: LogsBackend = logs_backends[stage.account][stage.region]
    if group not in backend.groups:
        backend.create_log_group(group, {})
    if stream not in backend.groups[group].streams:
        backend.create_log_stream(group, stream)
    now = int(clock.now().timestamp() * 1000)
    events = [
        {"timestamp": now, "message": line if isinstance(line, str) else json.dumps(dict(line))} for line in lines
    ]
    if events:
        backend.put_log_events(group, stream, events)
        del backend.groups[group].streams[stream].events[:-KEPT_EVENTS]
