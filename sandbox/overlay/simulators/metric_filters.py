"""Metric filters at work: each new line of a log group that a filter means counts one in its metric."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from moto.logs.models import LogEvent, LogGroup, logs_backends

from sandbox.overlay import publish
from sandbox.overlay.filter_pattern import parse
from sandbox.overlay.registry import simulator
from sandbox.overlay.stage import Stage

_SEEN: dict[str, int] = {}
"""The newest event that was looked at, by log group."""


@simulator
def count(stage: Stage) -> None:
    """Look at what was written since the last time. Without a match nothing is published, as without `defaultValue`."""
    backend = logs_backends[stage.account][stage.region]
    filters: list[dict[str, Any]] = backend.filters.metric_filters
    for name in {str(one["logGroupName"]) for one in filters} & backend.groups.keys():
        fresh = list(_fresh(backend.groups[name]))
        for one in filters:
            if one["logGroupName"] != name or not fresh:
                continue
            pattern = parse(str(one["filterPattern"]))
            matched = sum(pattern.matches(str(event.message)) for event in fresh)
            for counts in one["metricTransformations"]:
                values = [float(counts["metricValue"])] * matched
                publish.metric(stage, counts["metricNamespace"], counts["metricName"], *values, dimensions={})


def _fresh(group: LogGroup) -> Iterator[LogEvent]:
    before = _SEEN.get(group.name, -1)
    for stream in list(group.streams.values()):
        for event in reversed(list(stream.events)):
            if event.event_id <= before:
                break
            _SEEN[group.name] = max(_SEEN.get(group.name, -1), event.event_id)
            yield event
