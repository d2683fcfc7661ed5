"""Looks at CloudWatch alarms: which there are and whether they reach anybody, and how they behaved."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, cast

from botocore.exceptions import BotoCoreError, ClientError

from blocks.aws import Aws, explain
from journal import clock
from runbook import Facts, Permanent, look

AT_MOST = 1000
"""Alarms that one look takes; more are refused as unknown, because a list cut short proves nothing missing."""

HISTORY = 500
"""Entries of an alarm's history that one look takes, newest first."""

KINDS = ("MetricAlarm", "CompositeAlarm")
"""Without naming both, AWS gives only the first."""


class Alarm(Facts):
    """One alarm. `watches` identifies its metric (`namespace metric name=value`), nothing for a composite or maths.

    `limit` is the value that it compares with, where that is a number.
    """

    name: str
    state: str
    since: datetime
    changed: datetime
    enabled: bool
    tells: tuple[str, ...]
    tells_ok: tuple[str, ...]
    watches: str = ""
    limit: float | None = None

    @property
    def reaches(self) -> bool:
        """Whether it does anything when it goes off."""
        return self.enabled and bool(self.tells)


class Alarms(Facts):
    """Every alarm whose name begins with a prefix."""

    prefix: str
    alarms: dict[str, Alarm]
    asked_at: datetime

    def in_state(self, state: str) -> tuple[str, ...]:
        return tuple(name for name, alarm in self.alarms.items() if alarm.state == state)

    def __str__(self) -> str:
        off, blind = self.in_state("ALARM"), self.in_state("INSUFFICIENT_DATA")
        words = [f"{len(self.alarms)} alarms begin with {self.prefix}"]
        words += [f"gone off: {', '.join(off)}"] if off else ["none has gone off"]
        words += [f"without data: {', '.join(blind)}"] if blind else []
        return "; ".join(words)


@look("cloudwatch:DescribeAlarms", bound=f"{AT_MOST} alarms")
def read_alarms(aws: Aws, prefix: str) -> Alarms:
    """All alarms of a prefix, composite ones too (`rung.c552` shows neither those nor the ones without data).

    Raises `Permanent` when there are more than the bound: what is not in a list that was cut short may exist.
    """
    asked_at = clock.now()
    try:
        pages = aws.reading("cloudwatch").get_paginator("describe_alarms")
        found = list(islice(_alarms(pages.paginate(AlarmNamePrefix=prefix, AlarmTypes=list(KINDS))), AT_MOST + 1))
    except (ClientError, BotoCoreError) as error:
        raise explain(error, f"list the alarms that begin with {prefix}") from error
    if len(found) > AT_MOST:
        raise Permanent(f"More than {AT_MOST} alarms begin with {prefix}; use a longer prefix.")
    return Alarms(prefix=prefix, alarms={alarm.name: alarm for alarm in found}, asked_at=asked_at)


def _alarms(pages: Any) -> Iterator[Alarm]:
    for page in pages:
        for found in [*page.get("MetricAlarms", []), *page.get("CompositeAlarms", [])]:
            yield to_alarm(found)


def to_alarm(found: dict[str, Any]) -> Alarm:
    return Alarm(
        name=found["AlarmName"],
        state=found["StateValue"],
        since=found.get("StateTransitionedTimestamp") or found["StateUpdatedTimestamp"],
        changed=found["AlarmConfigurationUpdatedTimestamp"],
        enabled=found["ActionsEnabled"],
        tells=tuple(found.get("AlarmActions", ())),
        tells_ok=tuple(found.get("OKActions", ())),
        watches=_watches(found),
        limit=found.get("Threshold"),
    )


def _watches(found: dict[str, Any]) -> str:
    if not found.get("MetricName"):
        return ""
    dimensions = tuple((one["Name"], one["Value"]) for one in found.get("Dimensions", ()))
    return watched(found["Namespace"], found["MetricName"], dimensions)


def watched(namespace: str, metric: str, dimensions: tuple[tuple[str, str], ...]) -> str:
    """A metric in one line, the same whatever the order of its dimensions."""
    return " ".join([namespace, metric, *(f"{name}={value}" for name, value in sorted(dimensions))])


def describe(cloudwatch: Any, name: str) -> dict[str, Any]:
    """A metric alarm as the API gives it. Raises `Permanent` when there is none, or it is made of other alarms."""
    try:
        found = cloudwatch.describe_alarms(AlarmNames=[name], AlarmTypes=list(KINDS))
    except (ClientError, BotoCoreError) as error:
        raise explain(error, f"describe the alarm {name}") from error
    if found.get("CompositeAlarms"):
        raise Permanent(f"{name} is made of other alarms and watches no metric; look at those it is made of.")
    if not found.get("MetricAlarms"):
        raise Permanent(f"There is no alarm {name}; correct the parameter, or make the alarm.")
    return found["MetricAlarms"][0]


class AlarmHistory(Facts):
    """What alarms really did: how often one went off, and how often somebody was told, in `window`.

    `complete` is false when there was more than the bound. `last_told` is when an action last succeeded, `last_failed`
    when one last failed.
    """

    went_off: int
    told: int
    failed: int
    complete: bool
    window: timedelta
    last_told: datetime | None = None
    last_failed: datetime | None = None

    def __str__(self) -> str:
        more = "" if self.complete else " or more"
        told = f", the last time at {self.last_told:%Y-%m-%d %H:%M} UTC" if self.last_told else ""
        return f"went off {self.went_off}{more} times, told somebody {self.told} times ({self.failed} failed){told}"


@look("cloudwatch:DescribeAlarmHistory", bound=f"{HISTORY} entries, newest first")
def read_alarm_history(aws: Aws, *, window: timedelta, alarm: str | None = None) -> AlarmHistory:
    """The history of one alarm, or of all in the region. AWS keeps it for 30 days (14 before 2022)."""
    end = clock.now()
    asked: dict[str, Any] = {"AlarmName": alarm} if alarm else {}
    try:
        pages = aws.reading("cloudwatch").get_paginator("describe_alarm_history")
        found = pages.paginate(
            StartDate=end - window, EndDate=end, ScanBy="TimestampDescending", AlarmTypes=list(KINDS), **asked
        )
        entries = list(islice((item for page in found for item in page["AlarmHistoryItems"]), HISTORY + 1))
    except (ClientError, BotoCoreError) as error:
        raise explain(error, f"read the history of {alarm or 'the alarms'}") from error
    actions = [(item["Timestamp"], _data(item)) for item in entries if item["HistoryItemType"] == "Action"]
    told = [at for at, data in actions if data.get("actionState") == "Succeeded"]
    states = [_data(item) for item in entries if item["HistoryItemType"] == "StateUpdate"]
    return AlarmHistory(
        went_off=sum(_part(data, "newState").get("stateValue") == "ALARM" for data in states),
        told=len(told),
        failed=len(actions) - len(told),
        complete=len(entries) <= HISTORY,
        window=window,
        last_told=max(told, default=None),
        last_failed=max((at for at, data in actions if data.get("actionState") == "Failed"), default=None),
    )


def _data(item: dict[str, Any]) -> dict[str, Any]:
    """The machine-readable part of a history entry; AWS gives it as JSON in a string."""
    data: object = json.loads(item.get("HistoryData") or "{}")
    return cast("dict[str, Any]", data) if isinstance(data, dict) else {}


def _part(data: dict[str, Any], name: str) -> dict[str, Any]:
    found: object = data.get(name)
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}
