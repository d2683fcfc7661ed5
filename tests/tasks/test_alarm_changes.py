"""Changes to alarms, metric filters and their looks, on the running sandbox: nothing but what was approved changes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from blocks.parts import RequiredFilter
from blocks.rung import Rung
from journal.facts.words import Answer
from journal.redaction import redact
from runbook import Change, Drifted, NotNeeded, NotSafe, Permanent, Plan
from sandbox.rehearsal import wait
from sandbox.systems.rung.alerting import Alerting
from sandbox.systems.rung.world import World
from tasks.cloudwatch.alarm_change import AdjustAlarm, LetAlarmsTell, PutAlarms
from tasks.cloudwatch.alarms import read_alarm_history, read_alarms
from tasks.cloudwatch.coverage import missing_of, read_coverage
from tasks.cloudwatch.noise import read_noise
from tasks.cloudwatch.sounding import LetAlarmGoOff
from tasks.logs.filter_change import PutMetricFilters
from tasks.logs.metric_filters import read_metric_filters
from tasks.sns.read import read_subscribers
from tests.tasks import cases
from tests.tasks.cases import DRIFTED, GUARDRAIL, NEEDED, NOT_NEEDED, UNDO, UNKNOWN, WARRANT, Guarded

ALARM, OTHER = "rung-failed-auth-spike-prod", "rung-merge-failures-prod"
HOUR = timedelta(hours=1)


@pytest.fixture
def cloudwatch(world: World) -> Iterator[Any]:
    """An administrator's client; afterwards every alarm is as it was."""
    before = Alerting.now(world.facts.aws)
    yield world.facts.aws.client("cloudwatch")
    before.put_back(world.facts.aws)


def described(cloudwatch: Any, name: str = ALARM) -> dict[str, Any]:
    (found,) = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
    return {name: value for name, value in found.items() if not name.endswith("Timestamp") and "State" not in name}


def planned(change: Change[Any]) -> Plan[Any]:
    plan = cases.planned(change)
    assert redact(plan.model_dump(mode="json")) == plan.model_dump(mode="json")
    return plan


def adjust(env: Rung, **more: Any) -> AdjustAlarm:
    return AdjustAlarm(aws=env.aws, alarm=ALARM, **more)


@pytest.mark.case(AdjustAlarm, NEEDED, UNDO, GUARDRAIL)
def test_only_what_was_approved_changes_and_undo_puts_the_rest_back(
    env: Rung, cloudwatch: Any, guarded: Guarded
) -> None:
    before = described(cloudwatch)
    change = adjust(env, periods=2, datapoints=2)
    plan = planned(change)
    guarded(plan)
    assert plan.targets[0].before == "EvaluationPeriods 1, DatapointsToAlarm 1"
    assert change.landed(plan)[0] is Answer.NO
    assert change.apply(plan, WARRANT).ok
    assert described(cloudwatch) == before | {"EvaluationPeriods": 2, "DatapointsToAlarm": 2}
    assert change.landed(plan)[0] is Answer.YES
    assert change.undone(plan)[0] is Answer.NO
    assert change.apply(plan, WARRANT).ok, "a repeat finds it done"
    assert change.undo(plan, WARRANT).ok
    assert described(cloudwatch) == before
    assert change.undone(plan)[0] is Answer.YES
    assert change.undo(plan, WARRANT).ok, "nothing to take back"


@pytest.mark.case(AdjustAlarm, NOT_NEEDED)
def test_settings_that_are_there_need_no_change(env: Rung) -> None:
    assert isinstance(adjust(env, periods=1, missing="notBreaching").plan(), NotNeeded)


def test_periods_are_never_reduced(env: Rung, cloudwatch: Any) -> None:
    assert adjust(env, periods=3, datapoints=3).apply(planned(adjust(env, periods=3, datapoints=3)), WARRANT).ok
    assert isinstance(adjust(env, periods=2, datapoints=2).plan(), NotNeeded)


def test_a_limit_that_hides_what_the_alarm_is_for_is_refused(env: Rung) -> None:
    with pytest.raises(NotSafe, match="hide what the alarm is for"):
        adjust(env, threshold=25).plan()


@pytest.mark.case(AdjustAlarm, DRIFTED, UNKNOWN)
def test_an_alarm_that_changed_since_the_approval_is_left_alone(env: Rung, cloudwatch: Any) -> None:
    change = adjust(env, threshold=12)
    plan = planned(change)
    adjust(env, periods=2).apply(planned(adjust(env, periods=2)), WARRANT)
    now = described(cloudwatch)
    with pytest.raises(Drifted, match="has changed since the approval"):
        change.apply(plan, WARRANT)
    assert described(cloudwatch) == now
    assert change.landed(plan)[0] is Answer.UNKNOWN
    assert not change.undo(plan, WARRANT).ok


def test_an_ok_action_is_added_to_those_there_are(env: Rung, cloudwatch: Any) -> None:
    change = adjust(env, ok_action="arn:aws:sns:us-east-1:111122223333:other")
    assert change.apply(planned(change), WARRANT).ok
    assert described(cloudwatch)["OKActions"] == [env.alarm_topic, "arn:aws:sns:us-east-1:111122223333:other"]
    assert isinstance(change.plan(), NotNeeded)


def put_alarms(env: Rung) -> PutAlarms:
    return PutAlarms(aws=env.aws, required=env.required_alarms, prefix=env.alarm_prefix, topic=env.alarm_topic)


@pytest.mark.case(PutAlarms, NEEDED, NOT_NEEDED, UNDO, GUARDRAIL)
def test_a_missing_alarm_is_made_as_required_and_taken_away_again(env: Rung, cloudwatch: Any, guarded: Guarded) -> None:
    assert isinstance(put_alarms(env).plan(), NotNeeded)
    before = described(cloudwatch, OTHER)
    cloudwatch.delete_alarms(AlarmNames=[OTHER])
    change = put_alarms(env)
    plan = planned(change)
    guarded(plan)
    assert [target.alarm for target in plan.targets] == [OTHER]
    assert change.apply(plan, WARRANT).ok
    assert described(cloudwatch, OTHER) == before
    assert change.undo(plan, WARRANT).ok
    assert change.undone(plan)[0] is Answer.YES
    assert OTHER not in read_alarms(env.aws, "rung").alarms


@pytest.mark.case(PutAlarms, DRIFTED, UNKNOWN)
def test_an_alarm_that_somebody_made_meanwhile_is_not_overwritten(env: Rung, cloudwatch: Any) -> None:
    mine = {name: value for name, value in described(cloudwatch, OTHER).items() if name != "AlarmArn"}
    cloudwatch.delete_alarms(AlarmNames=[OTHER])
    plan = planned(put_alarms(env))
    cloudwatch.put_metric_alarm(**mine | {"Threshold": 3.0})
    with pytest.raises(Drifted):
        put_alarms(env).apply(plan, WARRANT)
    assert described(cloudwatch, OTHER)["Threshold"] == 3.0
    assert put_alarms(env).landed(plan)[0] is Answer.UNKNOWN


def test_a_missing_alarm_is_not_doubled_when_another_watches_its_metric(env: Rung, cloudwatch: Any) -> None:
    mine = {name: value for name, value in described(cloudwatch, OTHER).items() if name != "AlarmArn"}
    cloudwatch.delete_alarms(AlarmNames=[OTHER])
    cloudwatch.put_metric_alarm(**mine | {"AlarmName": "rung-merges-of-the-data-team"})
    assert missing_of(env.required_alarms, read_alarms(env.aws, "rung").alarms) == {
        OTHER: "rung-merges-of-the-data-team"
    }
    assert isinstance(put_alarms(env).plan(), NotNeeded)


def let_tell(env: Rung) -> LetAlarmsTell:
    return LetAlarmsTell(aws=env.aws, required=env.required_alarms, prefix="rung", topic=env.alarm_topic)


@pytest.mark.case(LetAlarmsTell, NEEDED, NOT_NEEDED, UNDO, GUARDRAIL)
def test_muted_alarms_tell_again_and_keep_everything_else(env: Rung, cloudwatch: Any, guarded: Guarded) -> None:
    change = let_tell(env)
    assert isinstance(change.plan(), NotNeeded)
    before = described(cloudwatch, OTHER)
    cloudwatch.disable_alarm_actions(AlarmNames=[OTHER])
    plan = planned(change)
    guarded(plan)
    assert change.apply(plan, WARRANT).ok
    assert described(cloudwatch, OTHER) == before
    assert change.landed(plan)[0] is Answer.YES
    assert change.undo(plan, WARRANT).ok
    assert change.undone(plan)[0] is Answer.YES
    assert described(cloudwatch, OTHER) == before | {"ActionsEnabled": False}


@pytest.mark.case(LetAlarmsTell, DRIFTED, UNKNOWN)
def test_a_muted_alarm_that_changed_since_the_approval_is_left_alone(env: Rung, cloudwatch: Any) -> None:
    mine = {name: value for name, value in described(cloudwatch, OTHER).items() if name != "AlarmArn"}
    cloudwatch.disable_alarm_actions(AlarmNames=[OTHER])
    plan = planned(let_tell(env))
    cloudwatch.put_metric_alarm(**mine | {"ActionsEnabled": False, "Threshold": 3.0})
    with pytest.raises(Drifted, match="has changed since the approval"):
        let_tell(env).apply(plan, WARRANT)
    assert described(cloudwatch, OTHER)["ActionsEnabled"] is False
    assert let_tell(env).landed(plan)[0] is Answer.UNKNOWN


def sound(env: Rung) -> LetAlarmGoOff:
    return LetAlarmGoOff(aws=env.aws, alarm=OTHER)


@pytest.mark.case(LetAlarmGoOff, NEEDED, DRIFTED, UNKNOWN, GUARDRAIL)
def test_an_alarm_goes_off_as_a_test_and_is_worked_out_anew(
    env: Rung, blind: Rung, cloudwatch: Any, guarded: Guarded
) -> None:
    change = sound(env)
    plan = planned(change)
    guarded(plan)
    with pytest.raises(Permanent, match="does not allow"):
        sound(blind).landed(plan)
    assert change.landed(plan)[0] is Answer.NO
    told = read_alarm_history(env.aws, window=HOUR, alarm=OTHER).told
    assert change.apply(plan, WARRANT).ok
    assert change.landed(plan)[0] is Answer.YES
    with pytest.raises(Drifted):
        change.apply(plan, WARRANT)
    with pytest.raises(NotSafe, match="must not be overwritten"):
        change.plan()
    wait(lambda: read_alarms(env.aws, OTHER).alarms[OTHER].state == "OK" or None, within=60, what="its evaluation")
    assert change.landed(plan)[0] is Answer.YES, "its history keeps the test"
    seen = read_alarm_history(env.aws, window=HOUR, alarm=OTHER)
    assert (seen.told - told, seen.complete) == (2, True), "it told that it went off, and that it is over"


def test_a_test_that_would_do_more_than_tell_people_or_nothing_is_refused(env: Rung, cloudwatch: Any) -> None:
    mine = {name: value for name, value in described(cloudwatch, OTHER).items() if name != "AlarmArn"}
    cloudwatch.put_metric_alarm(**mine | {"AlarmActions": ["arn:aws:lambda:us-east-1:111122223333:function:fix"]})
    with pytest.raises(NotSafe, match="does more than tell people"):
        sound(env).plan()
    cloudwatch.put_metric_alarm(**mine | {"ActionsEnabled": False})
    with pytest.raises(NotSafe, match="tells nobody"):
        sound(env).plan()


@pytest.mark.case(PutMetricFilters, NEEDED, NOT_NEEDED, DRIFTED, UNKNOWN, UNDO, GUARDRAIL)
def test_a_missing_metric_filter_is_made_counts_lines_and_is_taken_away(
    env: Rung, blind: Rung, cloudwatch: Any, world: World, guarded: Guarded
) -> None:
    change = PutMetricFilters(aws=env.aws, required=env.required_alarms)
    assert isinstance(change.plan(), NotNeeded)
    logs: Any = world.facts.aws.client("logs")
    logs.delete_metric_filter(logGroupName="/rung/audit/prod", filterName="rung-merge-failures")
    plan = planned(change)
    guarded(plan)
    with pytest.raises(Permanent, match="does not allow"):
        PutMetricFilters(aws=blind.aws, required=env.required_alarms).landed(plan)
    assert [target.filter for target in plan.targets] == ["rung-merge-failures"]
    assert change.landed(plan)[0] is Answer.NO
    assert change.apply(plan, WARRANT).ok
    assert change.landed(plan)[0] is Answer.YES
    assert change.undo(plan, WARRANT).ok
    assert change.undone(plan)[0] is Answer.YES
    logs.put_metric_filter(
        logGroupName="/rung/audit/prod",
        filterName="rung-merge-failures",
        filterPattern="other",
        metricTransformations=[{"metricName": "m", "metricNamespace": "n", "metricValue": "1"}],
    )
    with pytest.raises(Drifted):
        change.apply(plan, WARRANT)


def test_a_filter_for_a_log_that_is_not_there_is_refused(env: Rung) -> None:
    lost = RequiredFilter(name="x", group="/no/such/group", pattern="ERROR")
    assert read_metric_filters(env.aws, (lost,)).groups_missing == ("/no/such/group",)
    required = (replace_filter(env, lost),)
    with pytest.raises(NotSafe, match="no log group /no/such/group"):
        PutMetricFilters(aws=env.aws, required=required).plan()


def replace_filter(env: Rung, wanted: RequiredFilter) -> Any:
    return env.required_alarms[-1].model_copy(update={"filter": wanted})


def test_alarms_of_both_kinds_are_read(env: Rung) -> None:
    found = read_alarms(env.aws, "rung").alarms
    assert {alarm.name for alarm in env.required_alarms} <= set(found)
    assert found["rung-api-prod"].watches == ""
    assert found[ALARM].watches == "Rung/Security FailedAuthentications"


def test_the_noise_of_an_alarm_is_worked_out_from_its_metric(env: Rung) -> None:
    seen = read_noise(env.aws, ALARM, window=timedelta(minutes=90))
    assert (seen.values, seen.went_off, seen.limit, seen.tells_ok) == (90, 0, 10, True)
    assert seen.missing < 9


def test_what_cannot_be_seen_is_unknown(env: Rung, blind: Rung, cloudwatch: Any) -> None:
    looks = {"prefix": "rung", "topic": env.alarm_topic, "lately": HOUR, "told_within": HOUR}
    for look in (
        lambda: read_alarms(blind.aws, "rung"),
        lambda: read_alarm_history(blind.aws, window=HOUR),
        lambda: read_noise(blind.aws, ALARM, window=HOUR),
        lambda: read_subscribers(blind.aws, env.alarm_topic),
        lambda: read_metric_filters(blind.aws, tuple(a.filter for a in env.required_alarms if a.filter)),
        lambda: read_coverage(blind.aws, env.required_alarms, **looks),
    ):
        with pytest.raises(Permanent, match="does not allow"):
            look()
    with pytest.raises(Permanent, match="There is no alarm"):
        read_noise(env.aws, "rung-no-such-alarm", window=HOUR)
    with pytest.raises(Permanent, match="made of other alarms"):
        read_noise(env.aws, "rung-api-prod", window=HOUR)
    mine = {name: value for name, value in described(cloudwatch).items() if name != "AlarmArn"}
    cloudwatch.put_metric_alarm(**mine | {"MetricName": "Nothing"})
    with pytest.raises(Permanent, match="no value of what"):
        read_noise(env.aws, ALARM, window=HOUR)
