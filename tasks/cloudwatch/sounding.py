"""Testing that an alarm reaches people, by letting one go off."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta

from botocore.exceptions import BotoCoreError, ClientError

from blocks.aws import Aws, explain
from journal import clock
from journal.facts.words import Answer, Effect
from runbook import Change, Drifted, NotSafe, Outcome, Plan, Result, Target, Warrant, changes
from tasks.cloudwatch.alarms import describe
from tasks.selections import AlarmsOf


class SoundedAlarm(Target):
    """One alarm, and the words by which this test is known in its history."""

    alarm: str
    mark: str


@changes(
    SoundedAlarm,
    name="cloudwatch.let_alarm_go_off",
    effect=Effect.DISRUPTIVE,
    needs=("cloudwatch:SetAlarmState",),
    reads=("cloudwatch:DescribeAlarms", "cloudwatch:DescribeAlarmHistory"),
)
@dataclass(frozen=True, kw_only=True)
class LetAlarmGoOff(Change[SoundedAlarm]):
    """Let an alarm go off (`rung.h530`). It pages people; AWS works its state out anew at its next evaluation."""

    aws: Aws
    alarm: str
    prefix: str = ""

    @property
    def about(self) -> AlarmsOf:
        return AlarmsOf(prefix=self.prefix)

    @property
    def lock(self) -> str:
        return f"{self.name}:{self.alarm}"

    def plan(self) -> Plan[SoundedAlarm]:
        if not self.alarm.startswith(self.prefix):
            raise NotSafe(f"{self.alarm} is no alarm of this system ({self.prefix}…); test one that is.")
        found = describe(self.aws.reading("cloudwatch"), self.alarm)
        if found["StateValue"] != "OK":
            raise NotSafe(f"{self.alarm} is {found['StateValue']}: what it shows must not be overwritten by a test.")
        if not found["ActionsEnabled"] or not found.get("AlarmActions"):
            raise NotSafe(f"{self.alarm} tells nobody, so a test of it would prove nothing; fix that first.")
        if others := [action for action in found["AlarmActions"] if ":sns:" not in action]:
            raise NotSafe(f"{self.alarm} does more than tell people ({', '.join(others)}); test another alarm.")
        mark = f"Test of {clock.now():%Y-%m-%d %H:%M:%S} UTC: nothing is wrong."
        target = SoundedAlarm(
            name=self.alarm, before="OK", after="ALARM, until AWS looks again", alarm=self.alarm, mark=mark
        )
        return Plan(
            change=self.name,
            summary=f"Let {self.alarm} go off once, to see that it reaches people.",
            targets=(target,),
            out_of=1,
            warnings=("This pages people: announce it to whoever is on call before saying yes.",),
        )

    def apply(self, plan: Plan[SoundedAlarm], warrant: Warrant) -> Outcome:
        (target,) = plan.targets
        state = describe(self.aws.reading("cloudwatch"), target.alarm)["StateValue"]
        if state != "OK":
            raise Drifted(f"{target.alarm} is {state} by now; it was left alone.")
        try:
            self.aws.changing(
                "cloudwatch", warrant, self.permissions, on=[self.aws.arn("cloudwatch", f"alarm:{target.alarm}")]
            ).set_alarm_state(AlarmName=target.alarm, StateValue="ALARM", StateReason=target.mark)
        except (ClientError, BotoCoreError) as error:
            raise explain(error, f"let {target.alarm} go off") from error
        return Outcome(
            ok=True, note=f"{target.alarm} has gone off as a test.", results=(Result(name=target.name, done=True),)
        )

    def landed(self, plan: Plan[SoundedAlarm]) -> tuple[Answer, str]:
        """The test is in the alarm's history, whatever its state is by now."""
        (target,) = plan.targets
        now = clock.now()
        try:
            found = self.aws.reading("cloudwatch").describe_alarm_history(
                AlarmName=target.alarm,
                HistoryItemType="StateUpdate",
                StartDate=now - timedelta(hours=1),
                EndDate=now + timedelta(minutes=1),
            )
        except (ClientError, BotoCoreError) as error:
            raise explain(error, f"read the history of {target.alarm}") from error
        said = [json.loads(item.get("HistoryData") or "{}") for item in found["AlarmHistoryItems"]]
        there = any(data.get("newState", {}).get("stateReason") == target.mark for data in said)
        return (Answer.YES if there else Answer.NO), f"The test is {'' if there else 'not '}in the alarm's history."
