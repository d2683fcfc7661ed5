"""An alarm cries wolf: people are paged, look, and find nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, timedelta
from typing import Any

from journal import clock
from sandbox.faults.fault import AwsFault, Scene
from sandbox.systems.rung.alerting import Alerting

ALARM = "rung-failed-auth-spike-prod"
MINUTES = 120
OFTEN = 4


@dataclass(kw_only=True)
class NoisyAlarm(AwsFault):
    """`shape`: how the metric of the `alarm` has been (see `sandbox.overlay.simulators.alarm_past`).

    `settings` are put into the alarm first, such as `TreatMissingData`; one of `None` is taken out.
    """

    shape: str = "hovering"
    alarm: str = ALARM
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])
    _before: Alerting | None = field(default=None, init=False, repr=False)

    @property
    def conditions(self) -> Mapping[str, Any]:
        """The shape of the last hours."""
        return {"past_of_alarm": {"alarm": self.alarm, "shape": self.shape}}

    def start(self, scene: Scene) -> None:
        """Keep what is there, and make it noisy."""
        self._before = Alerting.now(scene.aws.facts)
        new = {**self._before.alarms[self.alarm], **self.settings}
        cloudwatch: Any = scene.aws.facts.client("cloudwatch")
        cloudwatch.put_metric_alarm(**{name: value for name, value in new.items() if value is not None})
        super().start(scene)

    def heal(self, scene: Scene) -> None:
        """Quiet again, and every alarm as it was."""
        super().heal(scene)
        if self._before is not None:
            self._before.put_back(scene.aws.facts)

    def shows(self, scene: Scene) -> bool:
        """Whether people are paged for nothing: often, or never told that it is over. Counted here on its own."""
        cloudwatch: Any = scene.aws.facts.client("cloudwatch")
        (alarm,) = cloudwatch.describe_alarms(AlarmNames=[self.alarm])["MetricAlarms"]
        end = clock.now().replace(second=0, microsecond=0)
        found = cloudwatch.get_metric_statistics(
            Namespace=alarm["Namespace"],
            MetricName=alarm["MetricName"],
            StartTime=end - timedelta(minutes=MINUTES),
            EndTime=end,
            Period=60,
            Statistics=[alarm["Statistic"]],
        )["Datapoints"]
        values = {point["Timestamp"].astimezone(UTC): point[alarm["Statistic"]] for point in found}
        over = [
            values[at] > alarm["Threshold"] if at in values else alarm.get("TreatMissingData") == "breaching"
            for at in (end - timedelta(minutes=minute) for minute in range(MINUTES, 0, -1))
        ]
        needed, of = alarm.get("DatapointsToAlarm") or alarm["EvaluationPeriods"], alarm["EvaluationPeriods"]
        rings = [sum(over[max(0, n + 1 - of) : n + 1]) >= needed for n in range(len(over))]
        pages = sum(now and not before for before, now in zip([False, *rings], rings, strict=False))
        return pages >= OFTEN or (pages > 0 and not alarm.get("OKActions"))
