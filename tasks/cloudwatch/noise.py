"""How noisy an alarm is: its present settings, replayed over the values that its metric had."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from blocks.aws import Aws, explain
from journal import clock
from runbook import Facts, Permanent, look
from tasks.cloudwatch.alarms import describe
from tasks.cloudwatch.read import refuse_parts
from tasks.cloudwatch.replay import Rule, replay

AT_MOST = 1440
"""Values in one look."""

EVEN = 0.25
"""Up to this spread of their gaps, breaches come as by a clock: a job, or a machine that tries passwords."""

LONG_SINCE = 0.3
"""Share of the values just before the limit that lie in the older half, where it has always been so."""

DAY = timedelta(days=1)

GUARDS = "/Security"
"""The end of a namespace whose metrics watch what guards people."""


class Noise(Facts):
    """What one alarm would have done in `window` with the settings it has now.

    `excess` is how far the worst value was over the limit, as a share of the limit; `longest` the most values in a row
    on the wrong side, `singles` how many of the `runs` were of one value; `silent` how often it went off by silence.
    `near` values lie just before the limit, `near_before` of them in the older half of the window, and `beyond` on its
    wrong side; `spread` tells how evenly breaches came (see `replay`). `guards`: it watches what guards people, such as
    sign-ins.
    """

    alarm: str
    window: timedelta
    limit: float
    datapoints: int
    periods: int
    treats_missing: str
    for_little: bool
    went_off: int
    silent: int
    runs: int
    singles: int
    longest: int
    excess: float
    missing: int
    values: int
    last: str
    tells: bool
    tells_ok: bool
    near: int
    near_before: int
    beyond: int
    spread: float | None
    guards: bool

    def with_limit(self, limit: float) -> Noise:
        """What the same values would be with another limit: not one is beyond it, or nobody can tell how many are."""
        worst = self.limit + (abs(self.limit) or 1.0) * self.excess * (-1 if self.for_little else 1)
        within = limit < worst if self.for_little else limit > worst
        return self.model_copy(update={"limit": limit, **({"runs": 0} if within else {})})

    @property
    def apart(self) -> bool:
        """Whether breaches stand apart from what is ordinary: ups and downs pass just before the limit as often."""
        return self.near < self.beyond

    @property
    def risen(self) -> bool:
        """Whether it is only of late that values lie just before the limit: then something has changed."""
        return self.near_before < self.near * LONG_SINCE

    @property
    def even(self) -> bool:
        """Whether breaches come as by a clock. Raises `LookupError` when there were too few to tell."""
        if self.spread is None:
            raise LookupError(f"there were only {self.runs} breaches, too few to tell how evenly they come")
        return self.spread <= EVEN

    @property
    def unclosed(self) -> bool:
        """Whether people were told that it went off, and never that it is over."""
        return self.tells and not self.tells_ok and self.went_off > 0

    def figures(self) -> Mapping[str, tuple[float, str]]:
        return {"times it would go off": (round(self.went_off / (self.window / DAY), 2), "a day")}

    def __str__(self) -> str:
        return (
            f"{self.alarm} ({self.datapoints} of {self.periods} values beyond {self.limit:g}) would have gone off"
            f" {self.went_off} times; {self.singles} of {self.runs} breaches were a single value, the longest"
            f" {self.longest}, the worst {self.excess:.0%} beyond the limit; {self.missing} of {self.values} values"
            f" are missing; {'tells' if self.tells_ok else 'does not tell'} when it is over"
        )


@look("cloudwatch:DescribeAlarms", "cloudwatch:GetMetricData", bound=f"one alarm, {AT_MOST} values")
def read_noise(aws: Aws, alarm: str, *, window: timedelta) -> Noise:
    """Replay an alarm over the values of its metric. A shorter window is taken when its period is short.

    Raises `Permanent` when there is no such alarm, when its limit is itself a metric (anomaly detection), or when
    CloudWatch has no value of its metric at all: that is unknown.
    """
    found = describe(aws.reading("cloudwatch"), alarm)
    rule, period = rule_of(found), _period(found)
    count = max(1, min(AT_MOST, int(window / period)))
    values = _values(aws, found, period=period, count=count)
    if not any(value is not None for value in values):
        raise Permanent(f"CloudWatch has no value of what {alarm} watches in the last {period * count}; unknown.")
    seen = replay(rule, values)
    return Noise(
        alarm=alarm,
        window=period * count,
        limit=rule.limit,
        datapoints=rule.datapoints,
        periods=rule.periods,
        treats_missing=rule.missing,
        for_little=rule.for_little,
        went_off=seen.went_off,
        silent=seen.silent,
        runs=len(seen.runs),
        singles=sum(length == 1 for length in seen.runs),
        longest=max(seen.runs, default=0),
        excess=seen.excess,
        missing=seen.missing,
        values=seen.values,
        last=seen.last,
        tells=bool(found["ActionsEnabled"] and found.get("AlarmActions")),
        tells_ok=bool(found["ActionsEnabled"] and found.get("OKActions")),
        near=seen.near,
        near_before=seen.near_before,
        beyond=seen.beyond,
        spread=seen.spread,
        guards=str(found.get("Namespace", "")).endswith(GUARDS),
    )


def rule_of(found: dict[str, Any]) -> Rule:
    """When an alarm goes off, from what the API says. Raises `Permanent` for a limit that is a metric."""
    if found.get("ThresholdMetricId") or "Threshold" not in found:
        raise Permanent(f"{found['AlarmName']} compares with a band that CloudWatch works out; look at it by hand.")
    periods = int(found["EvaluationPeriods"])
    return Rule(
        comparison=found["ComparisonOperator"],
        limit=float(found["Threshold"]),
        periods=periods,
        datapoints=int(found.get("DatapointsToAlarm") or periods),
        missing=found.get("TreatMissingData") or "missing",
    )


def _period(found: dict[str, Any]) -> timedelta:
    periods = [int(stat["Period"]) for query in found.get("Metrics", ()) if (stat := query.get("MetricStat"))]
    return timedelta(seconds=int(found.get("Period") or max(periods, default=60)))


def _queries(found: dict[str, Any]) -> list[dict[str, Any]]:
    if found.get("Metrics"):
        return list(found["Metrics"])
    metric = {name: found[name] for name in ("Namespace", "MetricName", "Dimensions") if name in found}
    stat = {"Metric": metric, "Period": found["Period"], "Stat": found.get("Statistic") or found["ExtendedStatistic"]}
    return [{"Id": "watched", "MetricStat": {**stat, **({"Unit": found["Unit"]} if found.get("Unit") else {})}}]


def _values(aws: Aws, found: dict[str, Any], *, period: timedelta, count: int) -> list[float | None]:
    """One value for each whole period, oldest first; the period that is not over yet is left out."""
    seconds = period.total_seconds()
    end = datetime.fromtimestamp(clock.now().timestamp() // seconds * seconds, UTC)
    start = end - period * count
    seen: dict[datetime, float] = {}
    told: list[Mapping[str, Any]] = []
    try:
        pages = (
            aws.reading("cloudwatch")
            .get_paginator("get_metric_data")
            .paginate(MetricDataQueries=_queries(found), StartTime=start, EndTime=end, ScanBy="TimestampAscending")
        )
        for page in pages:
            for result in page["MetricDataResults"]:
                seen |= dict(zip(result["Timestamps"], result["Values"], strict=True))
                told.append(result)
    except (ClientError, BotoCoreError) as error:
        raise explain(error, f"read what {found['AlarmName']} watches") from error
    refuse_parts(told)
    return [seen.get(start + period * number) for number in range(count)]
