"""Looks at an RDS instance: its state, its parameters, and its connection count as CloudWatch saw it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from blocks.aws import Aws, explain
from journal import clock
from runbook import Facts, Permanent, look
from tasks.cloudwatch.read import refuse_parts

MAX_CONNECTIONS = "max_connections"


class Instance(Facts):
    """An RDS instance and its parameter group. `pending` tells that a changed parameter waits for a reboot."""

    identifier: str
    status: str
    parameter_group: str
    pending: bool
    multi_az: bool

    def __str__(self) -> str:
        pending = ", parameter changes wait for a reboot" if self.pending else ""
        return f"{self.identifier} is {self.status}, parameter group {self.parameter_group}{pending}"


@look("rds:DescribeDBInstances", bound="one instance")
def read_instance(aws: Aws, identifier: str) -> Instance:
    """State of an RDS instance. Raises `Permanent` when it does not exist or may not be seen."""
    return to_instance(describe(aws.reading("rds"), identifier))


def describe(rds: Any, identifier: str) -> dict[str, Any]:
    """The instance as the API gives it."""
    try:
        return rds.describe_db_instances(DBInstanceIdentifier=identifier)["DBInstances"][0]
    except (ClientError, BotoCoreError) as error:
        raise explain(error, f"describe the RDS instance {identifier}") from error


def to_instance(found: dict[str, Any]) -> Instance:
    groups = found["DBParameterGroups"]
    return Instance(
        identifier=found["DBInstanceIdentifier"],
        status=found["DBInstanceStatus"],
        parameter_group=groups[0]["DBParameterGroupName"],
        pending=any(group["ParameterApplyStatus"] == "pending-reboot" for group in groups),
        multi_az=found.get("MultiAZ", False),
    )


def users_of(rds: Any, group: str) -> list[str]:
    """Identifiers of every instance that uses a parameter group: a change reaches them all."""
    try:
        pages = rds.get_paginator("describe_db_instances").paginate(PaginationConfig={"MaxItems": 500})
        return [
            found["DBInstanceIdentifier"]
            for page in pages
            for found in page["DBInstances"]
            if any(used["DBParameterGroupName"] == group for used in found["DBParameterGroups"])
        ]
    except (ClientError, BotoCoreError) as error:
        raise explain(error, f"list the instances that use the parameter group {group}") from error


def parameter(rds: Any, group: str, name: str) -> dict[str, Any]:
    """One parameter of a group, as the API gives it. Raises `Permanent` when the group does not have it."""
    try:
        for page in rds.get_paginator("describe_db_parameters").paginate(DBParameterGroupName=group):
            for found in page["Parameters"]:
                if found["ParameterName"] == name:
                    return found
    except (ClientError, BotoCoreError) as error:
        raise explain(error, f"read the parameter group {group}") from error
    raise Permanent(f"The parameter group {group} has no parameter {name}; check the group's family.")


class Connections(Facts):
    """The highest connection count that CloudWatch saw in the window, and the last."""

    highest: float
    last: float
    at: datetime

    def __str__(self) -> str:
        return f"CloudWatch saw {self.last:.0f} connections at {self.at:%H:%M:%S} UTC, {self.highest:.0f} at most"


@look("cloudwatch:GetMetricData", bound="one metric, 60 values")
def read_connections(aws: Aws, identifier: str, *, window: timedelta = timedelta(hours=1)) -> Connections:
    """DatabaseConnections (count, Maximum per minute). No values is unknown: raises `Permanent`."""
    end = clock.now()
    dimensions = [{"Name": "DBInstanceIdentifier", "Value": identifier}]
    metric = {"Namespace": "AWS/RDS", "MetricName": "DatabaseConnections", "Dimensions": dimensions}
    query = {"Id": "connections", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Maximum"}}
    try:
        answer = aws.reading("cloudwatch").get_metric_data(
            MetricDataQueries=[query], StartTime=end - window, EndTime=end, ScanBy="TimestampAscending"
        )
    except (ClientError, BotoCoreError) as error:
        raise explain(error, f"read DatabaseConnections of {identifier}") from error
    refuse_parts(answer["MetricDataResults"])
    series = answer["MetricDataResults"][0]
    if not series["Values"]:
        raise Permanent(f"CloudWatch has no DatabaseConnections of {identifier} in the last {window}; that is unknown.")
    return Connections(highest=max(series["Values"]), last=series["Values"][-1], at=series["Timestamps"][-1])
