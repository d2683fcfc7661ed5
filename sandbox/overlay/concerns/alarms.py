"""An alarm is put as a whole: what a PutMetricAlarm leaves out is gone, so AWS refuses one that is incomplete."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.overlay.call import Call, Refused
from sandbox.overlay.registry import MOTO, handles
from sandbox.overlay.stage import Stage


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
