"""Metric filters: made only of patterns that are understood, and seeded as the alarms require them."""

from __future__ import annotations

from moto.logs.models import LogsBackend, logs_backends

from sandbox.overlay.call import Call, Refused
from sandbox.overlay.cloud import there
from sandbox.overlay.filter_pattern import parse
from sandbox.overlay.registry import MOTO, handles, seeds, where
from sandbox.overlay.stage import Stage


@seeds
@where("alarms")
def filters(stage: Stage) -> None:
    """The log groups and the metric filters that the required alarms need."""
    backend = _backend(stage)
    for alarm in there(stage.cloud.alarms).required:
        if alarm.filter is None:
            continue
        if alarm.filter.group not in backend.groups:
            backend.create_log_group(alarm.filter.group, {})
        counts = {"metricNamespace": alarm.namespace, "metricName": alarm.metric, "metricValue": "1"}
        backend.filters.metric_filters.append(
            {
                "filterName": alarm.filter.name,
                "filterPattern": alarm.filter.pattern,
                "logGroupName": alarm.filter.group,
                "metricTransformations": [counts],
            }
        )


@handles("logs", "PutMetricFilter")
def put_metric_filter(call: Call, stage: Stage) -> object:
    """Refuse what AWS refuses, and replace a filter of the same name; moto would keep both."""
    given = call.parameters
    parse(str(given["filterPattern"]))
    backend = _backend(stage)
    _must_exist(backend, str(given["logGroupName"]))
    backend.filters.delete_filter(given["filterName"], given["logGroupName"])
    return MOTO


@handles("logs", "DescribeMetricFilters")
def describe_metric_filters(call: Call, stage: Stage) -> object:
    """Refuse a log group that does not exist; moto says that it has no filters."""
    if call.parameters.get("logGroupName"):
        _must_exist(_backend(stage), str(call.parameters["logGroupName"]))
    return MOTO


def _must_exist(backend: LogsBackend, group: str) -> None:
    if group not in backend.groups:
        raise Refused("ResourceNotFoundException", "The specified log group does not exist.")


def _backend(stage: Stage) -> LogsBackend:
    return logs_backends[stage.account][stage.region]
