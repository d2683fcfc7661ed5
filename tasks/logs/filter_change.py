"""Making metric filters that are missing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from blocks.aws import Aws, explain
from blocks.parts import RequiredAlarm
from journal.facts.words import Answer, Effect
from runbook import Drifted, NotNeeded, NotSafe, Outcome, Plan, Result, Reversible, Target, Warrant, changes
from tasks.logs.metric_filters import filters_of, read_metric_filters
from tasks.selections import AlarmsOf


class FilterTarget(Target):
    """One metric filter to make, and the metric that it feeds."""

    filter: str
    group: str
    pattern: str
    namespace: str
    metric: str


@changes(
    FilterTarget,
    name="logs.put_metric_filters",
    effect=Effect.REVERSIBLE,
    needs=("logs:PutMetricFilter", "logs:DeleteMetricFilter"),
    reads=("logs:DescribeMetricFilters",),
)
@dataclass(frozen=True, kw_only=True)
class PutMetricFilters(Reversible[FilterTarget]):
    """Make the metric filters that required alarms need and that do not exist (`rung.h529`); none is overwritten."""

    aws: Aws
    required: tuple[RequiredAlarm, ...]
    prefix: str = ""

    @property
    def about(self) -> AlarmsOf:
        return AlarmsOf(prefix=self.prefix)

    def plan(self) -> Plan[FilterTarget] | NotNeeded:
        seen = read_metric_filters(self.aws, tuple(alarm.filter for alarm in self.required if alarm.filter))
        if not seen.missing:
            return NotNeeded(why="Every required metric filter exists.")
        if seen.groups_missing:
            groups = ", ".join(seen.groups_missing)
            raise NotSafe(f"There is no log group {groups}; a filter needs one. Find out where the log has gone first.")
        targets = tuple(
            FilterTarget(
                name=alarm.filter.name,
                before="does not exist",
                after=f"lines of {alarm.filter.group} like {alarm.filter.pattern} count in {alarm.metric}",
                filter=alarm.filter.name,
                group=alarm.filter.group,
                pattern=alarm.filter.pattern,
                namespace=alarm.namespace,
                metric=alarm.metric,
            )
            for alarm in self.required
            if alarm.filter and alarm.filter.name in seen.missing
        )
        total = sum(alarm.filter is not None for alarm in self.required)
        names = ", ".join(target.filter for target in targets)
        return Plan(
            change=self.name,
            summary=f"Make the metric filters {names}.",
            targets=targets,
            out_of=total,
            warnings=("A filter counts only lines that are written from now on.",),
        )

    def apply(self, plan: Plan[FilterTarget], warrant: Warrant) -> Outcome:
        logs = self._changing(plan, warrant)
        results = tuple(self._apply(logs, target) for target in plan.targets)
        if not any(result.done for result in results):
            raise Drifted("Other filters with these names were made since the approval; nothing was changed.")
        return Outcome(ok=True, note=f"{sum(r.done for r in results)} filters exist as planned.", results=results)

    def _changing(self, plan: Plan[FilterTarget], warrant: Warrant) -> Any:
        groups = [self.aws.arn("logs", f"log-group:{group}:*") for group in sorted({t.group for t in plan.targets})]
        return self.aws.changing("logs", warrant, self.permissions, on=groups)

    def _apply(self, logs: Any, target: FilterTarget) -> Result:
        now = self._now(target)
        if now is not None and not _is(now, target):
            return Result(name=target.name, done=False, note="another filter of this name was made since")
        if now is None:
            counts = {"metricNamespace": target.namespace, "metricName": target.metric, "metricValue": "1"}
            try:
                logs.put_metric_filter(
                    logGroupName=target.group,
                    filterName=target.filter,
                    filterPattern=target.pattern,
                    metricTransformations=[{**counts, "defaultValue": 0.0}],
                )
            except (ClientError, BotoCoreError) as error:
                raise explain(error, f"make the metric filter {target.filter}") from error
        return Result(name=target.name, done=True)

    def landed(self, plan: Plan[FilterTarget]) -> tuple[Answer, str]:
        there = [_is(self._now(target), target) for target in plan.targets]
        return (Answer.YES if all(there) else Answer.NO), f"{sum(there)} of {len(there)} filters exist as planned."

    def undo(self, plan: Plan[FilterTarget], warrant: Warrant) -> Outcome:
        logs = self._changing(plan, warrant)
        for target in plan.targets:
            if _is(self._now(target), target):
                try:
                    logs.delete_metric_filter(logGroupName=target.group, filterName=target.filter)
                except (ClientError, BotoCoreError) as error:
                    raise explain(error, f"delete the metric filter {target.filter}") from error
        return Outcome(
            ok=True,
            note="The filters that were made are gone.",
            results=tuple(Result(name=target.name, done=True) for target in plan.targets),
        )

    def undone(self, plan: Plan[FilterTarget]) -> tuple[Answer, str]:
        there = [_is(self._now(target), target) for target in plan.targets]
        return (Answer.NO if any(there) else Answer.YES), f"{sum(there)} of {len(there)} filters are still there."

    def _now(self, target: FilterTarget) -> dict[str, Any] | None:
        return (filters_of(self.aws.reading("logs"), target.group) or {}).get(target.filter)


def _is(now: dict[str, Any] | None, target: FilterTarget) -> bool:
    if now is None or now.get("filterPattern") != target.pattern:
        return False
    feeds = [(one["metricNamespace"], one["metricName"]) for one in now["metricTransformations"]]
    return (target.namespace, target.metric) in feeds
