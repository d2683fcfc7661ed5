"""Nightly reports are late: an alarm that starts no runbook has gone off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.faults.fault import AwsFault, Scene

ALARM = "rung-reports-late-prod"


@dataclass(kw_only=True)
class ReportsLate(AwsFault):
    """Somebody watches them, and no page names it."""

    @property
    def conditions(self) -> Mapping[str, Any]:
        """None: the alarm says it."""
        return {}

    def start(self, scene: Scene) -> None:
        """Make the alarm, which keeps its state while there are no values, and let it go off."""
        cloudwatch: Any = scene.aws.facts.client("cloudwatch")
        cloudwatch.put_metric_alarm(
            AlarmName=ALARM,
            Namespace="Rung/Reports",
            MetricName="Age",
            Statistic="Maximum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=3600,
            ComparisonOperator="GreaterThanThreshold",
            TreatMissingData="ignore",
        )
        cloudwatch.set_alarm_state(AlarmName=ALARM, StateValue="ALARM", StateReason="The reports are late.")
        super().start(scene)

    def heal(self, scene: Scene) -> None:
        """Take the alarm away."""
        super().heal(scene)
        cloudwatch: Any = scene.aws.facts.client("cloudwatch")
        cloudwatch.delete_alarms(AlarmNames=[ALARM])

    def shows(self, scene: Scene) -> bool:
        """Whether it is off."""
        cloudwatch: Any = scene.aws.facts.client("cloudwatch")
        found = cloudwatch.describe_alarms(AlarmNames=[ALARM])["MetricAlarms"]
        return any(one["StateValue"] == "ALARM" for one in found)
