"""Something between an incident and the people who must hear of it is missing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from journal import clock
from sandbox.aws import AwsFacts
from sandbox.faults.fault import AwsFault, Scene
from sandbox.systems.rung.alerting import Alerting, topic_of

MISSING = "rung-merge-failures-prod"
MUTED, BLIND = "rung-bedrock-throttles-prod", "rung-lambda-throttles-prod"
FAR = 1000.0
GROUP, FILTER = "/rung/n8n/prod", "rung-n8n-errors"


@dataclass(kw_only=True)
class AlertGap(AwsFault):
    """What is missing is the `gap`; several are joined by `+`.

    `alarm` or `filter` is deleted, an alarm is `muted` or `blind` (it watches a function that is not there), `nobody`
    hears the topic, or no alarm is known to have told anybody (`unproven`). No page names these: the topic takes
    nothing from alarms (`refused`), a filter counts other lines (`altered`), or a limit is out of reach (`deaf`).
    """

    gap: str = "alarm"
    _before: Alerting | None = field(default=None, init=False, repr=False)
    _since: float = field(default_factory=lambda: clock.now().timestamp(), init=False, repr=False)

    @property
    def conditions(self) -> Mapping[str, Any]:
        """What alarms did before is not known any more, or what they tell from now on is not taken."""
        told = {"unproven": "alarms_silent_until", "refused": "topic_refuses_since"}
        return {name: self._since for gap, name in told.items() if gap in self.gap.split("+")}

    def start(self, scene: Scene) -> None:
        """Keep what is there, and make the gap."""
        self._before, self._since = Alerting.now(scene.aws.facts), clock.now().timestamp()
        for gap in self.gap.split("+"):
            if gap in MAKE:
                MAKE[gap](scene.aws.facts, self._before)
        super().start(scene)

    def heal(self, scene: Scene) -> None:
        """Everything as it was."""
        scene.aws.set_conditions({"alarms_silent_until": None, "topic_refuses_since": None})
        if self._before is not None:
            self._before.put_back(scene.aws.facts)

    def shows(self, scene: Scene) -> bool:
        """Whether the gap is there."""
        return any(SHOWS[gap](scene.aws.facts) for gap in self.gap.split("+"))


def alarm(aws: AwsFacts, name: str) -> dict[str, Any] | None:
    """An alarm as it is."""
    cloudwatch: Any = aws.client("cloudwatch")
    return next(iter(cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]), None)


def subscribe(aws: AwsFacts) -> None:
    """What a person does who is told that nobody hears the topic."""
    sns: Any = aws.client("sns")
    endpoint = f"arn:aws:sqs:{aws.region}:{aws.account_id}:rung-pager"
    sns.subscribe(TopicArn=topic_of(aws), Protocol="sqs", Endpoint=endpoint)


def watch_the_function(aws: AwsFacts) -> None:
    """What a person does who is told that an alarm watches another metric than its own."""
    found = alarm(aws, BLIND) or {}
    cloudwatch: Any = aws.client("cloudwatch")
    taken = cloudwatch.meta.service_model.operation_model("PutMetricAlarm").input_shape.members
    kept = {name: value for name, value in found.items() if name in taken and value not in (None, [])}
    right = [{"Name": "FunctionName", "Value": "rung-api-prod"}]
    cloudwatch.put_metric_alarm(**{**kept, "Dimensions": right, "TreatMissingData": "notBreaching"})


def _delete_alarm(aws: AwsFacts, _before: Alerting) -> None:
    cloudwatch: Any = aws.client("cloudwatch")
    cloudwatch.delete_alarms(AlarmNames=[MISSING])


def _delete_filter(aws: AwsFacts, _before: Alerting) -> None:
    logs: Any = aws.client("logs")
    logs.delete_metric_filter(logGroupName=GROUP, filterName=FILTER)


def _mute(aws: AwsFacts, _before: Alerting) -> None:
    cloudwatch: Any = aws.client("cloudwatch")
    cloudwatch.disable_alarm_actions(AlarmNames=[MUTED])


def _blind(aws: AwsFacts, before: Alerting) -> None:
    cloudwatch: Any = aws.client("cloudwatch")
    wrong = [{"Name": "FunctionName", "Value": "rung-api-production"}]
    cloudwatch.put_metric_alarm(**{**before.alarms[BLIND], "Dimensions": wrong, "TreatMissingData": "missing"})


def _unsubscribe(aws: AwsFacts, _before: Alerting) -> None:
    sns: Any = aws.client("sns")
    for one in sns.list_subscriptions_by_topic(TopicArn=topic_of(aws))["Subscriptions"]:
        sns.unsubscribe(SubscriptionArn=one["SubscriptionArn"])


def _let_go_off(aws: AwsFacts, _before: Alerting) -> None:
    cloudwatch: Any = aws.client("cloudwatch")
    cloudwatch.set_alarm_state(AlarmName=MUTED, StateValue="ALARM", StateReason="Somebody tried.")


def _alter_filter(aws: AwsFacts, before: Alerting) -> None:
    logs: Any = aws.client("logs")
    logs.put_metric_filter(**{**before.filters[GROUP, FILTER], "filterPattern": "FATAL"})


def _put_out_of_reach(aws: AwsFacts, before: Alerting) -> None:
    cloudwatch: Any = aws.client("cloudwatch")
    one = before.alarms[MISSING]
    cloudwatch.put_metric_alarm(**{**one, "Threshold": 1000 * (float(one["Threshold"]) or 1.0)})


def _refused(aws: AwsFacts) -> bool:
    cloudwatch: Any = aws.client("cloudwatch")
    asked = {"HistoryItemType": "Action", "ScanBy": "TimestampDescending", "MaxRecords": 1}
    found = cloudwatch.describe_alarm_history(**asked)["AlarmHistoryItems"]
    return any('"Failed"' in one["HistoryData"] for one in found)


def _altered(aws: AwsFacts) -> bool:
    logs: Any = aws.client("logs")
    found = logs.describe_metric_filters(logGroupName=GROUP)["metricFilters"]
    return any(one["filterName"] == FILTER and one["filterPattern"] == "FATAL" for one in found)


def _filter_missing(aws: AwsFacts) -> bool:
    logs: Any = aws.client("logs")
    found = logs.describe_metric_filters(logGroupName=GROUP)["metricFilters"]
    return FILTER not in {one["filterName"] for one in found}


def _nobody(aws: AwsFacts) -> bool:
    sns: Any = aws.client("sns")
    return not sns.list_subscriptions_by_topic(TopicArn=topic_of(aws))["Subscriptions"]


def _unproven(aws: AwsFacts) -> bool:
    cloudwatch: Any = aws.client("cloudwatch")
    return not cloudwatch.describe_alarm_history(HistoryItemType="Action")["AlarmHistoryItems"]


MAKE: Mapping[str, Callable[[AwsFacts, Alerting], None]] = {
    "alarm": _delete_alarm,
    "filter": _delete_filter,
    "muted": _mute,
    "blind": _blind,
    "nobody": _unsubscribe,
    "refused": _let_go_off,
    "altered": _alter_filter,
    "deaf": _put_out_of_reach,
}

SHOWS: Mapping[str, Callable[[AwsFacts], bool]] = {
    "alarm": lambda aws: alarm(aws, MISSING) is None,
    "filter": _filter_missing,
    "muted": lambda aws: not (alarm(aws, MUTED) or {}).get("ActionsEnabled"),
    "blind": lambda aws: (alarm(aws, BLIND) or {}).get("StateValue") == "INSUFFICIENT_DATA",
    "nobody": _nobody,
    "unproven": _unproven,
    "refused": _refused,
    "altered": _altered,
    "deaf": lambda aws: float((alarm(aws, MISSING) or {}).get("Threshold", 0)) >= FAR,
}
