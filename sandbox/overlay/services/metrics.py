"""Reading metrics as CloudWatch does: percentiles from the values, whole periods, its limits and refusals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from moto.cloudwatch.models import cloudwatch_backends

from sandbox.overlay import hindered
from sandbox.overlay.arithmetic import evaluate
from sandbox.overlay.call import Call, Refused
from sandbox.overlay.datapoints import Point, Series, is_statistic, points
from sandbox.overlay.registry import handles
from sandbox.overlay.stage import Stage
from sandbox.overlay.stored import stored

MOST_STATISTICS_POINTS = 1440
HIGH_RESOLUTION = (1, 5, 10, 20, 30)
TIMES = ("StartTime", "EndTime")
OF_BUCKETS = "AWS/S3"
"""The only namespace whose values moto works out itself."""


@handles("cloudwatch", "GetMetricStatistics")
def get_metric_statistics(call: Call, stage: Stage) -> object:
    """Datapoints in no particular order, as AWS gives them; `ExtendedStatistics` for percentiles."""
    off = hindered.ahead(call, stage)
    given = hindered.meant(call.parameters, TIMES, off)
    plain: list[str] = given.get("Statistics") or []
    extended: list[str] = given.get("ExtendedStatistics") or []
    if not plain and not extended:
        raise Refused("InvalidParameterCombination", "Must specify either Statistics or ExtendedStatistics")
    start, end, period = _window(given, given.get("Period"))
    if (end - start).total_seconds() / period > MOST_STATISTICS_POINTS:
        raise Refused(
            "InvalidParameterCombination",
            f"You have requested up to {int((end - start).total_seconds() / period)} datapoints, which exceeds the"
            f" limit of {MOST_STATISTICS_POINTS}. You may reduce the datapoints requested by increasing"
            " Period, or decreasing the time range.",
        )
    series = _series(given, call, stage, unit=given.get("Unit"))
    found: dict[datetime, dict[str, Any]] = {}
    for statistic in (*plain, *extended):
        _known(statistic)
        for point in points(series, start=start, end=end, period=period, statistic=statistic):
            row = found.setdefault(point.at, {"Timestamp": point.at - off, "Unit": point.unit})
            if statistic in plain:
                row[statistic] = point.value
            else:
                row.setdefault("ExtendedStatistics", {})[statistic] = point.value
    return {"Label": given["MetricName"], "Datapoints": list(found.values())}


@handles("cloudwatch", "GetMetricData")
def get_metric_data(call: Call, stage: Stage) -> object:
    """Every query's values, newest first unless asked otherwise; simple arithmetic between queries is understood."""
    off = hindered.ahead(call, stage)
    given = hindered.meant(call.parameters, TIMES, off)
    queries: Sequence[Mapping[str, Any]] = given.get("MetricDataQueries") or []
    ids = [str(query.get("Id")) for query in queries]
    if len(set(ids)) != len(ids):
        raise Refused("ValidationError", "The values for parameter id in MetricDataQueries are not unique.")
    found: dict[str, list[Point]] = {}
    for number, query in enumerate(queries, start=1):
        if ("MetricStat" in query) == ("Expression" in query):
            raise Refused(
                "ValidationError", f"MetricDataQueries.member.{number}: specify either MetricStat or Expression."
            )
        if "MetricStat" in query:
            stat = query["MetricStat"]
            start, end, period = _window(given, stat.get("Period"))
            _known(str(stat["Stat"]))
            series = _series(stat["Metric"], call, stage, unit=stat.get("Unit"))
            found[query["Id"]] = points(series, start=start, end=end, period=period, statistic=str(stat["Stat"]))
    for query in queries:
        if "Expression" in query:
            found[query["Id"]] = evaluate(str(query["Expression"]), found)
    ascending = given.get("ScanBy") == "TimestampAscending"
    return {
        "MetricDataResults": [
            {
                "Id": query["Id"],
                "Label": query.get("Label") or _label(query),
                "Timestamps": [point.at - off for point in _ordered(found[query["Id"]], ascending=ascending)],
                "Values": [point.value for point in _ordered(found[query["Id"]], ascending=ascending)],
                "StatusCode": "Complete",
            }
            for query in queries
            if query.get("ReturnData", True) not in (False, "false")
        ],
        "Messages": [],
    }


def _ordered(found: list[Point], *, ascending: bool) -> list[Point]:
    return sorted(found, key=lambda point: point.at, reverse=not ascending)


def _label(query: Mapping[str, Any]) -> str:
    return str(query["MetricStat"]["Metric"]["MetricName"]) if "MetricStat" in query else str(query["Id"])


def _series(metric: Mapping[str, Any], call: Call, stage: Stage, *, unit: str | None) -> Series:
    dimensions: list[Mapping[str, Any]] = metric.get("Dimensions") or []
    namespace, name = str(metric["Namespace"]), str(metric["MetricName"])
    return Series(
        stored=stored(stage, call.region),
        until=hindered.newest(call, stage),
        counted=cloudwatch_backends[stage.account][call.region].aws_metric_data if namespace == OF_BUCKETS else (),
        namespace=namespace,
        name=name,
        dimensions={str(one["Name"]): str(one["Value"]) for one in dimensions},
        unit=unit,
    )


def _window(given: Mapping[str, Any], period: object) -> tuple[datetime, datetime, int]:
    if period is None or (int(str(period)) not in HIGH_RESOLUTION and (int(str(period)) % 60 or int(str(period)) <= 0)):
        raise Refused("ValidationError", "The parameter Period must be 1, 5, 10, 20, 30 or a multiple of 60.")
    start, end = given["StartTime"], given["EndTime"]
    if start >= end:
        raise Refused("ValidationError", "The parameter StartTime must be less than the parameter EndTime.")
    return start, end, int(str(period))


def _known(statistic: str) -> None:
    if not is_statistic(statistic):
        raise Refused(
            "ValidationError",
            f"The value {statistic} for parameter Stat is not supported: use SampleCount, Average, Sum, Minimum,"
            " Maximum or a percentile such as p95 (the sandbox computes no trimmed statistics).",
        )
