"""The alarms that rung's runbooks rely on: without them an incident is found by its users. Data, made from the names.

`rung.missing_alerts` holds what exists in CloudWatch against this list (`rung.h528`); the sandbox is seeded with it.
"""

from __future__ import annotations

from blocks.parts import RequiredAlarm, RequiredFilter
from blocks.rung_parts import Api, LogGroups, Models


def required_alarms(*, api: Api, logs: LogGroups, models: Models, database: str) -> tuple[RequiredAlarm, ...]:
    """The list, for the names of one installation."""
    gateway = (("ApiName", api.name), ("Stage", api.stage))
    function = (("FunctionName", api.function),)
    return (
        RequiredAlarm(
            name="rung-api-latency-prod",
            about="The API answers slowly.",
            namespace="AWS/ApiGateway",
            metric="Latency",
            statistic="p95",
            threshold=5000,
            dimensions=gateway,
        ),
        RequiredAlarm(
            name="rung-api-error-rate-prod",
            about="More than one request in twenty fails.",
            namespace="AWS/ApiGateway",
            metric="5XXError",
            statistic="Average",
            threshold=0.05,
            dimensions=gateway,
        ),
        RequiredAlarm(
            name="rung-lambda-throttles-prod",
            about="Invocations are throttled because the function has no room.",
            namespace="AWS/Lambda",
            metric="Throttles",
            statistic="Sum",
            threshold=0,
            dimensions=function,
        ),
        RequiredAlarm(
            name="rung-db-connections-prod",
            about="The database's connection slots run out.",
            namespace="AWS/RDS",
            metric="DatabaseConnections",
            statistic="Maximum",
            threshold=80,
            dimensions=(("DBInstanceIdentifier", database),),
        ),
        RequiredAlarm(
            name="rung-bedrock-throttles-prod",
            about="Bedrock turns calls away.",
            namespace="AWS/Bedrock",
            metric="InvocationThrottles",
            statistic="Sum",
            threshold=0,
            dimensions=(("ModelId", models.model),),
        ),
        RequiredAlarm(
            name="rung-failed-auth-spike-prod",
            about="Many logins fail: an outage of logins, or somebody tries passwords.",
            namespace="Rung/Security",
            metric="FailedAuthentications",
            statistic="Sum",
            threshold=10,
            periods=1,
            filter=RequiredFilter(
                name="rung-failed-auth", group=logs.security, pattern='{ $.event_type = "authentication_failed" }'
            ),
        ),
        RequiredAlarm(
            name="rung-isolation-violation-prod",
            about="The isolation layer found something of one partner on its way to the other.",
            namespace="Rung/Security",
            metric="IsolationViolations",
            statistic="Sum",
            threshold=0,
            periods=1,
            filter=RequiredFilter(name="rung-isolation-violations", group=logs.security, pattern="IsolationViolation"),
        ),
        RequiredAlarm(
            name="rung-merge-failures-prod",
            about="Merges of couples fail.",
            namespace="Rung/Audit",
            metric="MergeFailures",
            statistic="Sum",
            threshold=0,
            filter=RequiredFilter(
                name="rung-merge-failures",
                group=logs.audit,
                pattern='{ $.event_type = "couples_merge" && $.action = "merge_failed" }',
            ),
        ),
        RequiredAlarm(
            name="rung-n8n-errors-prod",
            about="Workflows fail.",
            namespace="Rung/Workflows",
            metric="Errors",
            statistic="Sum",
            threshold=5,
            filter=RequiredFilter(name="rung-n8n-errors", group=logs.n8n, pattern="ERROR"),
        ),
    )
