"""Changes to alarms, all by describe → merge → put: what a put leaves out is wiped (`rung.c508`, `rung.c515`).

A plan keeps each alarm as it was, whole; that is what drift is seen by, and what undo puts back.
"""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

from botocore.exceptions import BotoCoreError, ClientError

from blocks.aws import Aws, explain
from blocks.parts import RequiredAlarm
from journal.facts.words import Answer, Effect, Stake
from runbook import (
    Drifted,
    NotNeeded,
    NotSafe,
    Outcome,
    Permanent,
    Plan,
    Result,
    Reversible,
    Target,
    Warrant,
    changes,
)
from tasks.cloudwatch.alarms import KINDS, describe, read_alarms
from tasks.cloudwatch.coverage import missing_of, muted_of
from tasks.cloudwatch.noise import read_noise, rule_of
from tasks.cloudwatch.put_alarm import settings, shown, wanted
from tasks.selections import AlarmOf, AlarmsOf

READS = ("cloudwatch:DescribeAlarms",)


class AlarmTarget(Target):
    """One alarm: `saved` is all of its settings as they were (JSON; nothing when there was none), `new` as wanted."""

    alarm: str
    saved: str | None
    new: str

    @property
    def limit(self) -> float:
        """The limit that it would have."""
        return float(json.loads(self.new)["Threshold"])


@dataclass(frozen=True, kw_only=True)
class PutAlarm(Reversible[AlarmTarget]):
    """What all changes that end in PutMetricAlarm share. Subclasses say which alarms become what."""

    aws: Aws

    @abstractmethod
    def wishes(self) -> Iterator[AlarmTarget]:
        """The alarms to change, each as it is and as it should be."""

    def apply(self, plan: Plan[AlarmTarget], warrant: Warrant) -> Outcome:
        results = tuple(self._apply(target, warrant) for target in plan.targets)
        if not any(result.done for result in results):
            raise Drifted(f"{' '.join(result.note for result in results)} Nothing was changed; plan again.")
        done = sum(result.done for result in results)
        return Outcome(ok=True, note=f"{done} of {len(results)} alarms are as planned.", results=results)

    def landed(self, plan: Plan[AlarmTarget]) -> tuple[Answer, str]:
        return self._all_are(plan, new=True)

    def undo(self, plan: Plan[AlarmTarget], warrant: Warrant) -> Outcome:
        results = tuple(self._undo(target, warrant) for target in plan.targets)
        left = [result.name for result in results if not result.done]
        note = f"Left as somebody else has made them: {', '.join(left)}." if left else "The alarms are as they were."
        return Outcome(ok=not left, note=note, results=results)

    def undone(self, plan: Plan[AlarmTarget]) -> tuple[Answer, str]:
        return self._all_are(plan, new=False)

    def _apply(self, target: AlarmTarget, warrant: Warrant) -> Result:
        now = self._now(target.alarm)
        if not _is(now, target.new):
            if now != _loaded(target.saved):
                return Result(name=target.name, done=False, note=f"{target.alarm} has changed since the approval.")
            self._put(warrant, _loaded(target.new) or {})
            if not _is(self._now(target.alarm), target.new):
                return Result(name=target.name, done=False, note=f"{target.alarm} did not take the new settings.")
        return Result(name=target.name, done=True)

    def _undo(self, target: AlarmTarget, warrant: Warrant) -> Result:
        now, old = self._now(target.alarm), _loaded(target.saved)
        if now == old:
            return Result(name=target.name, done=True, note="is as it was")
        if not _is(now, target.new):
            return Result(name=target.name, done=False, note="has been changed by somebody else since")
        if old is None:
            self._delete(warrant, target.alarm)
        else:
            self._put(warrant, old)
        return Result(name=target.name, done=True)

    def _all_are(self, plan: Plan[AlarmTarget], *, new: bool) -> tuple[Answer, str]:
        there = [self._now(target.alarm) for target in plan.targets]
        news = [_is(now, target.new) for now, target in zip(there, plan.targets, strict=True)]
        olds = [now == _loaded(target.saved) for now, target in zip(there, plan.targets, strict=True)]
        text = f"{sum(news)} of {len(news)} alarms are as planned, {sum(olds)} as before."
        if all(news if new else olds):
            return Answer.YES, text
        return (Answer.NO if all(a or b for a, b in zip(news, olds, strict=True)) else Answer.UNKNOWN), text

    def _now(self, name: str) -> dict[str, Any] | None:
        cloudwatch = self.aws.reading("cloudwatch")
        try:
            found = cloudwatch.describe_alarms(AlarmNames=[name], AlarmTypes=list(KINDS))
        except (ClientError, BotoCoreError) as error:
            raise explain(error, f"describe the alarm {name}") from error
        return settings(cloudwatch, found["MetricAlarms"][0]) if found.get("MetricAlarms") else None

    def _put(self, warrant: Warrant, new: dict[str, Any]) -> None:
        try:
            self._changing(warrant, str(new["AlarmName"])).put_metric_alarm(**new)
        except (ClientError, BotoCoreError) as error:
            raise explain(error, f"put the alarm {new.get('AlarmName')}") from error

    def _delete(self, warrant: Warrant, name: str) -> None:
        try:
            self._changing(warrant, name).delete_alarms(AlarmNames=[name])
        except (ClientError, BotoCoreError) as error:
            raise explain(error, f"delete the alarm {name}") from error

    def _changing(self, warrant: Warrant, name: str) -> Any:
        where = self.aws.arn("cloudwatch", f"alarm:{name}")
        return self.aws.changing("cloudwatch", warrant, self.permissions, on=[where])


def target_of(old: dict[str, Any] | None, new: dict[str, Any]) -> AlarmTarget:
    """One alarm as it is and as it should be; only what differs is shown to people, all of it is kept."""
    before, after = shown(old, new)
    name = str(new["AlarmName"])
    return AlarmTarget(name=name, before=before, after=after, alarm=name, saved=_dumped(old), new=_dumped(new) or "")


def _dumped(value: dict[str, Any] | None) -> str | None:
    return None if value is None else json.dumps(value, sort_keys=True)


def _loaded(text: str | None) -> dict[str, Any] | None:
    return None if text is None else cast("dict[str, Any]", json.loads(text))


def _is(now: dict[str, Any] | None, new: str) -> bool:
    """Whether an alarm has all the settings that were put; AWS adds defaults of its own to a fresh one."""
    return now is not None and (_loaded(new) or {}).items() <= now.items()


@changes(
    AlarmTarget,
    name="cloudwatch.adjust_alarm",
    effect=Effect.REVERSIBLE,
    stake=Stake.ALARM,
    needs=("cloudwatch:PutMetricAlarm",),
    reads=(*READS, "cloudwatch:GetMetricData"),
)
@dataclass(frozen=True, kw_only=True)
class AdjustAlarm(PutAlarm):
    """Change named settings of one alarm and nothing else (`rung.c508`, `rung.c515`).

    `threshold` is the new limit; with `beyond_values_of` it is worked out: a fifth beyond the worst value of that time.
    A limit that moves further away than `at_most_times` is refused, because it hides what it was there to show.
    """

    alarm: str
    threshold: float | None = None
    beyond_values_of: timedelta | None = None
    at_most_times: float = 2.0
    periods: int | None = None
    datapoints: int | None = None
    missing: str | None = None
    ok_action: str | None = None

    @property
    def about(self) -> AlarmOf:
        return AlarmOf(alarm=self.alarm)

    @property
    def lock(self) -> str:
        return f"{self.name}:{self.alarm}"

    def plan(self) -> Plan[AlarmTarget] | NotNeeded:
        targets = tuple(self.wishes())
        if not targets:
            return NotNeeded(why=f"{self.alarm} has these settings already.")
        (target,) = targets
        return Plan(
            change=self.name, summary=f"{self.alarm}: {target.before} → {target.after}.", targets=targets, out_of=1
        )

    def wishes(self) -> Iterator[AlarmTarget]:
        cloudwatch = self.aws.reading("cloudwatch")
        found = describe(cloudwatch, self.alarm)
        old = settings(cloudwatch, found)
        new = old | self._settings(found)
        if new != old:
            yield target_of(old, new)

    def _settings(self, found: dict[str, Any]) -> dict[str, Any]:
        """What to change. A value that is given is never made less sensitive by accident: fewer periods are kept."""
        new: dict[str, Any] = {}
        if (limit := self._limit(found)) is not None:
            new["Threshold"] = limit
        if self.periods is not None and int(found["EvaluationPeriods"]) < self.periods:
            new["EvaluationPeriods"] = self.periods
        if self.datapoints is not None and rule_of(found).datapoints < self.datapoints:
            new["DatapointsToAlarm"] = self.datapoints
        if self.missing is not None:
            new["TreatMissingData"] = self.missing
        if self.ok_action is not None and self.ok_action not in found.get("OKActions", ()):
            new["OKActions"] = [*found.get("OKActions", ()), self.ok_action]
        return new

    def _limit(self, found: dict[str, Any]) -> float | None:
        rule = rule_of(found)
        limit = self.threshold
        if limit is None and self.beyond_values_of is not None:
            away = read_noise(self.aws, self.alarm, window=self.beyond_values_of).excess + 0.2
            limit = float(f"{rule.limit + (abs(rule.limit) or 1.0) * away * (-1 if rule.for_little else 1):.3g}")
        if limit is not None and rule.excess(limit) > self.at_most_times - 1:
            raise NotSafe(
                f"{limit:g} is more than {self.at_most_times:g} times away from the limit of {rule.limit:g}: it would"
                " hide what the alarm is for. Look at what the alarm shows first."
            )
        return limit


@changes(
    AlarmTarget,
    name="cloudwatch.put_alarms",
    effect=Effect.REVERSIBLE,
    needs=("cloudwatch:PutMetricAlarm", "cloudwatch:DeleteAlarms"),
    reads=READS,
)
@dataclass(frozen=True, kw_only=True)
class PutAlarms(PutAlarm):
    """Make the required alarms that do not exist (`rung.h528`). One whose metric another alarm watches is left out."""

    required: tuple[RequiredAlarm, ...]
    prefix: str
    topic: str

    @property
    def about(self) -> AlarmsOf:
        return AlarmsOf(prefix=self.prefix)

    def plan(self) -> Plan[AlarmTarget] | NotNeeded:
        targets = tuple(self.wishes())
        if not targets:
            return NotNeeded(why="Every required alarm exists, or another one watches the same.")
        names = ", ".join(target.alarm for target in targets)
        return Plan(change=self.name, summary=f"Make {names}.", targets=targets, out_of=len(self.required))

    def wishes(self) -> Iterator[AlarmTarget]:
        missing = missing_of(self.required, read_alarms(self.aws, self.prefix).alarms)
        for alarm in self.required:
            if missing.get(alarm.name, "") is None:
                yield target_of(None, wanted(alarm, self.topic))


@changes(
    AlarmTarget,
    name="cloudwatch.let_alarms_tell",
    effect=Effect.REVERSIBLE,
    needs=("cloudwatch:PutMetricAlarm",),
    reads=READS,
)
@dataclass(frozen=True, kw_only=True)
class LetAlarmsTell(PutAlarm):
    """Enable the actions of required alarms, and give those that have none the topic to tell."""

    required: tuple[RequiredAlarm, ...]
    prefix: str
    topic: str

    @property
    def about(self) -> AlarmsOf:
        return AlarmsOf(prefix=self.prefix)

    def plan(self) -> Plan[AlarmTarget] | NotNeeded:
        targets = tuple(self.wishes())
        if not targets:
            return NotNeeded(why="Every required alarm that exists tells somebody.")
        names = ", ".join(target.alarm for target in targets)
        return Plan(
            change=self.name,
            summary=f"Let {names} tell people again.",
            targets=targets,
            out_of=len(self.required),
            warnings=("An alarm that has gone off already tells at its next change of state, not now.",),
        )

    def wishes(self) -> Iterator[AlarmTarget]:
        cloudwatch = self.aws.reading("cloudwatch")
        for name in muted_of(self.required, read_alarms(self.aws, self.prefix).alarms):
            try:
                old = settings(cloudwatch, describe(cloudwatch, name))
            except Permanent:  # a composite alarm of that name: not one of ours to put
                continue
            yield target_of(
                old, old | {"ActionsEnabled": True, "AlarmActions": old.get("AlarmActions") or [self.topic]}
            )
