"""Everything between an incident and the people who hear of it, kept and put back whole. Used by faults of alarms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sandbox.aws import AwsFacts

PREFIX = "rung"
GROUPS = ("/rung/security/prod", "/rung/audit/prod", "/rung/n8n/prod")


def topic_of(aws: AwsFacts) -> str:
    """The topic that alarms tell."""
    return f"arn:aws:sns:{aws.region}:{aws.account_id}:rung-alerts"


@dataclass(frozen=True, kw_only=True)
class Alerting:
    """Alarms, metric filters and subscriptions as they were at one moment."""

    alarms: dict[str, dict[str, Any]]
    filters: dict[tuple[str, str], dict[str, Any]]
    subscriptions: tuple[tuple[str, str], ...]

    @classmethod
    def now(cls, aws: AwsFacts) -> Alerting:
        """As they are, seen by the sandbox's own admin."""
        cloudwatch: Any = aws.client("cloudwatch")
        logs: Any = aws.client("logs")
        sns: Any = aws.client("sns")
        taken = cloudwatch.meta.service_model.operation_model("PutMetricAlarm").input_shape.members
        alarms = cloudwatch.describe_alarms(AlarmNamePrefix=PREFIX)["MetricAlarms"]
        found = [one for group in GROUPS for one in logs.describe_metric_filters(logGroupName=group)["metricFilters"]]
        heard = sns.list_subscriptions_by_topic(TopicArn=topic_of(aws))["Subscriptions"]
        return cls(
            alarms={
                one["AlarmName"]: {
                    name: value for name, value in one.items() if name in taken and value not in (None, [])
                }
                for one in alarms
            },
            filters={
                (one["logGroupName"], one["filterName"]): {
                    name: one[name] for name in ("logGroupName", "filterName", "filterPattern", "metricTransformations")
                }
                for one in found
            },
            subscriptions=tuple((one["Protocol"], one["Endpoint"]) for one in heard),
        )

    def put_back(self, aws: AwsFacts) -> None:
        """Put back what differs; what was added is deleted."""
        now = Alerting.now(aws)
        cloudwatch: Any = aws.client("cloudwatch")
        logs: Any = aws.client("logs")
        sns: Any = aws.client("sns")
        if added := list(now.alarms.keys() - self.alarms.keys()):
            cloudwatch.delete_alarms(AlarmNames=added)
        for name, alarm in self.alarms.items():
            if now.alarms.get(name) != alarm:
                cloudwatch.put_metric_alarm(**alarm)
        for group, name in now.filters.keys() - self.filters.keys():
            logs.delete_metric_filter(logGroupName=group, filterName=name)
        for key, one in self.filters.items():
            if now.filters.get(key) != one:
                logs.put_metric_filter(**one)
        for protocol, endpoint in set(self.subscriptions) - set(now.subscriptions):
            sns.subscribe(TopicArn=topic_of(aws), Protocol=protocol, Endpoint=endpoint)
