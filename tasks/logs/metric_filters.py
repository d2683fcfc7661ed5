"""Looks at metric filters: what turns log lines into the metrics that alarms watch."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from blocks.aws import Aws, explain
from blocks.parts import RequiredFilter
from runbook import Facts, look

PAGES = 20
"""Pages of filters that one look turns for each log group; a group may have 100 filters, two pages."""


class MetricFilters(Facts):
    """Which of the required filters do not exist, and which log groups they need do not either.

    `altered` ones exist and count other lines than they should.
    """

    missing: tuple[str, ...]
    altered: tuple[str, ...]
    groups_missing: tuple[str, ...]

    def __str__(self) -> str:
        missing = f"missing: {', '.join(self.missing)}" if self.missing else "none is missing"
        groups = f"; no such log group: {', '.join(self.groups_missing)}" if self.groups_missing else ""
        altered = f"; of another pattern: {', '.join(self.altered)}" if self.altered else ""
        return f"metric filters: {missing}{altered}{groups}"


@look("logs:DescribeMetricFilters", bound=f"{PAGES} pages for each log group")
def read_metric_filters(aws: Aws, required: tuple[RequiredFilter, ...]) -> MetricFilters:
    """The required filters held against those that exist, by group and name (`rung.h529`)."""
    logs = aws.reading("logs")
    found = {group: filters_of(logs, group) for group in dict.fromkeys(one.group for one in required)}
    return MetricFilters(
        missing=tuple(one.name for one in required if one.name not in (found[one.group] or {})),
        altered=tuple(
            one.name
            for one in required
            if (there := (found[one.group] or {}).get(one.name)) is not None and there["filterPattern"] != one.pattern
        ),
        groups_missing=tuple(group for group, filters in found.items() if filters is None),
    )


def filters_of(logs: Any, group: str) -> dict[str, dict[str, Any]] | None:
    """The filters of a log group by name, as the API gives them; `None` when there is no such group."""
    try:
        pages = logs.get_paginator("describe_metric_filters").paginate(
            logGroupName=group, PaginationConfig={"MaxItems": PAGES * 50}
        )
        return {one["filterName"]: one for page in pages for one in page["metricFilters"]}
    except logs.exceptions.ResourceNotFoundException:
        return None
    except (ClientError, BotoCoreError) as error:
        raise explain(error, f"list the metric filters of {group}") from error
