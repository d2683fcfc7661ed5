"""An alarm's settings as PutMetricAlarm takes them. Used by the changes to alarms."""

from __future__ import annotations

from typing import Any

from blocks.parts import RequiredAlarm


def settings(cloudwatch: Any, found: dict[str, Any]) -> dict[str, Any]:
    """All of a described alarm that can be put, empty parts left out.

    Which that is comes from the service's model: what a newer AWS adds is kept too, not wiped by our next put.
    """
    taken = cloudwatch.meta.service_model.operation_model("PutMetricAlarm").input_shape.members
    return {name: value for name, value in found.items() if name in taken and value not in (None, [], "")}


def wanted(alarm: RequiredAlarm, topic: str) -> dict[str, Any]:
    """The settings of a required alarm that is made anew. Silence is no breach: its metrics count errors."""
    statistic = "ExtendedStatistic" if alarm.statistic.startswith("p") else "Statistic"
    dimensions = [{"Name": name, "Value": value} for name, value in alarm.dimensions]
    return {
        "AlarmName": alarm.name,
        "AlarmDescription": alarm.about,
        "Namespace": alarm.namespace,
        "MetricName": alarm.metric,
        statistic: alarm.statistic,
        **({"Dimensions": dimensions} if dimensions else {}),
        "Period": int(alarm.period.total_seconds()),
        "EvaluationPeriods": alarm.periods,
        "DatapointsToAlarm": alarm.periods,
        "Threshold": alarm.threshold,
        "ComparisonOperator": alarm.comparison,
        "TreatMissingData": "notBreaching",
        "ActionsEnabled": True,
        "AlarmActions": [topic],
        "OKActions": [topic],
    }


def shown(old: dict[str, Any] | None, new: dict[str, Any]) -> tuple[str, str]:
    """What differs, for people: before and after."""
    if old is None:
        return "does not exist", (
            f"goes off at {new['MetricName']} {new['ComparisonOperator']} {new['Threshold']:g},"
            f" {new['DatapointsToAlarm']} of {new['EvaluationPeriods']} values"
        )
    names = [name for name in new if new.get(name) != old.get(name)]
    return _words(old, names), _words(new, names)


def _words(settings: dict[str, Any], names: list[str]) -> str:
    return ", ".join(f"{name} {_word(settings.get(name, 'not set'))}" for name in names)


def _word(value: object) -> str:
    return ", ".join(str(one) for one in value) if isinstance(value, list) else str(value)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] # AWS's JSON
