"""Alarms as CloudWatch keeps them: put as a whole, listed by type and in pages, and what they are seeded with here.

What a PutMetricAlarm leaves out is gone, so AWS refuses one that is incomplete.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from moto.cloudwatch.models import Alarm, CloudWatchBackend, cloudwatch_backends

from blocks.parts import RequiredAlarm
from journal import clock
from sandbox.overlay.call import Call, Refused
from sandbox.overlay.cloud import there
from sandbox.overlay.registry import MOTO, handles, seeds, where
from sandbox.overlay.services.alarm_history import acted, moved
from sandbox.overlay.stage import Stage, utcnow

PAGE = 100


@seeds
@where("alarms")
def alarms(stage: Stage) -> None:
    """Every required alarm, a composite one over some of them, and that one told somebody two days ago."""
    put: Callable[..., object] = _backend(stage).put_metric_alarm
    seeded = there(stage.cloud.alarms)
    for alarm in seeded.required:
        put(**_made(alarm, topic_arn(stage)))
    name, rule = seeded.together
    put(**_EMPTY, name=name, rule=rule)
    told = clock.now() - timedelta(days=2)
    acted(seeded.told, [topic_arn(stage)], state="ALARM", at=told)


def topic_arn(stage: Stage) -> str:
    """The topic that alarms tell."""
    return f"arn:aws:sns:{stage.region}:{stage.account}:{there(stage.cloud.alarms).topic}"


_EMPTY: dict[str, Any] = {
    "namespace": None,
    "metric_name": None,
    "comparison_operator": None,
    "evaluation_periods": None,
    "period": None,
    "threshold": None,
    "statistic": None,
    "description": None,
    "dimensions": [],
    "alarm_actions": [],
}


def _made(alarm: RequiredAlarm, topic: str) -> dict[str, Any]:
    """A required alarm in moto's words."""
    percentile = alarm.statistic.startswith("p")
    return {
        "name": alarm.name,
        "description": alarm.about,
        "namespace": alarm.namespace,
        "metric_name": alarm.metric,
        "statistic": None if percentile else alarm.statistic,
        "extended_statistic": alarm.statistic if percentile else None,
        "dimensions": [{"Name": name, "Value": value} for name, value in alarm.dimensions],
        "period": int(alarm.period.total_seconds()),
        "evaluation_periods": alarm.periods,
        "datapoints_to_alarm": alarm.periods,
        "threshold": alarm.threshold,
        "comparison_operator": alarm.comparison,
        "treat_missing_data": "notBreaching",
        "alarm_actions": [topic],
        "ok_actions": [topic],
    }


@handles("cloudwatch", "DescribeAlarms")
def describe_alarms(call: Call, stage: Stage) -> object:
    """Alarms by name, prefix, state and type, in pages; without a type, metric alarms only. moto takes one filter."""
    given = call.parameters
    if given.get("AlarmNames") and given.get("AlarmNamePrefix"):
        raise Refused("ValidationError", "AlarmNamePrefix and AlarmNames must not be used together.")
    most = int(given.get("MaxRecords") or PAGE)
    if not 1 <= most <= PAGE:
        raise Refused("ValidationError", f"The value {most} for parameter MaxRecords must be between 1 and {PAGE}.")
    kinds = given.get("AlarmTypes") or ["MetricAlarm"]
    found = [
        alarm
        for name, alarm in sorted(_backend(stage).alarms.items())
        if (not given.get("AlarmNames") or name in given["AlarmNames"])
        and name.startswith(str(given.get("AlarmNamePrefix") or ""))
        and given.get("StateValue") in (None, alarm.state_value)
        and ("MetricAlarm" if alarm.rule is None else "CompositeAlarm") in kinds
    ]
    begin = int(given.get("NextToken") or 0)
    page = found[begin : begin + most]
    more = {"NextToken": str(begin + most)} if begin + most < len(found) else {}
    return {
        "MetricAlarms": [alarm for alarm in page if alarm.rule is None],
        "CompositeAlarms": [alarm for alarm in page if alarm.rule is not None],
        **more,
    }


@handles("cloudwatch", "SetAlarmState")
def set_alarm_state(call: Call, stage: Stage) -> object:
    """Let an alarm go off, or stop, until it is evaluated again; its actions are taken as for a real change."""
    given = call.parameters
    alarm = _backend(stage).alarms.get(str(given["AlarmName"]))
    if alarm is None:
        raise Refused("ResourceNotFound", "Unknown", status=404)
    turn(alarm, str(given["StateValue"]), reason=str(given["StateReason"]))
    return {}


def turn(alarm: Alarm, state: str, *, reason: str) -> None:
    """Give an alarm a state; nothing happens if it has it."""
    before = str(alarm.state_value)
    if before == state:
        return
    alarm.state_value, alarm.state_reason, alarm.state_updated_timestamp = state, reason, utcnow()
    moved(alarm, before=before, reason=reason, at=clock.now())


@handles("cloudwatch", "PutMetricAlarm")
def put_metric_alarm(call: Call, _stage: Stage) -> object:
    """Refuse what AWS refuses; moto would take an alarm of only a name, and wipe the one that was there."""
    given: Mapping[str, Any] = call.parameters
    for name in ("ComparisonOperator", "EvaluationPeriods"):
        if given.get(name) is None:
            raise _null(name)
    if given.get("Metrics"):
        if given.get("MetricName") or given.get("Period") or given.get("Statistic"):
            raise Refused(
                "ValidationError", "Metrics list must not be used together with MetricName, Period or Statistic."
            )
    else:
        for name in ("MetricName", "Namespace", "Period"):
            if given.get(name) is None:
                raise _null(name)
        if (given.get("Statistic") is None) == (given.get("ExtendedStatistic") is None):
            raise Refused(
                "InvalidParameterCombination", "Exactly one of Statistic and ExtendedStatistic must be specified."
            )
    if given.get("Threshold") is None and not given.get("ThresholdMetricId"):
        raise _null("Threshold")
    wanted, periods = given.get("DatapointsToAlarm"), int(given["EvaluationPeriods"])
    if wanted is not None and int(wanted) > periods:
        raise Refused("ValidationError", "DatapointsToAlarm must be less than or equal to EvaluationPeriods.")
    return MOTO


def _null(name: str) -> Refused:
    member = name[:1].lower() + name[1:]
    return Refused(
        "ValidationError",
        f"1 validation error detected: Value null at '{member}' failed to satisfy constraint: Member must not be null",
    )


def _backend(stage: Stage) -> CloudWatchBackend:
    return cloudwatch_backends[stage.account][stage.region]
