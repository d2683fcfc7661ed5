"""What alarms did: moto keeps no history that can be asked for."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from moto.cloudwatch.models import Alarm

from sandbox.overlay.call import Call, Refused
from sandbox.overlay.registry import handles
from sandbox.overlay.stage import Stage

KEPT = 5000
MOST = 100


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One entry of the history of one alarm."""

    alarm: str
    kind: str
    at: datetime
    summary: str
    data: Mapping[str, Any]


ENTRIES: list[Entry] = []


def moved(alarm: Alarm, *, before: str, reason: str, at: datetime) -> None:
    """An alarm has changed its state: remember that, and the actions that it took."""
    state = str(alarm.state_value)
    data = {"oldState": {"stateValue": before}, "newState": {"stateValue": state, "stateReason": reason}}
    note(
        Entry(alarm=alarm.name, kind="StateUpdate", at=at, summary=f"Alarm updated from {before} to {state}", data=data)
    )
    if alarm.actions_enabled:
        acted(alarm.name, {"ALARM": alarm.alarm_actions, "OK": alarm.ok_actions}.get(state, ()), state=state, at=at)


def acted(alarm: str, actions: Iterable[str], *, state: str, at: datetime) -> None:
    """Remember actions that an alarm took."""
    for action in actions:
        data = {
            "actionState": "Succeeded",
            "stateUpdateTimestamp": int(at.timestamp() * 1000),
            "notificationResource": action,
        }
        note(
            Entry(
                alarm=alarm, kind="Action", at=at, summary=f"Successfully executed action {action} ({state})", data=data
            )
        )


def note(entry: Entry) -> None:
    """Remember one entry."""
    ENTRIES.append(entry)
    del ENTRIES[:-KEPT]


@handles("cloudwatch", "DescribeAlarmHistory")
def describe_alarm_history(call: Call, stage: Stage) -> object:
    """Entries of the window, in pages. The condition `alarms_silent_until` forgets what is older than its time.

    `topic_refuses_since`: from then on, whatever alarms tell is not taken.
    """
    given = call.parameters
    most = int(given.get("MaxRecords") or MOST)
    if not 1 <= most <= MOST:
        raise Refused("ValidationError", f"The value {most} for parameter MaxRecords must be between 1 and {MOST}.")
    start, end = given.get("StartDate"), given.get("EndDate")
    since = stage.condition("alarms_silent_until")
    found = [
        entry
        for entry in ENTRIES
        if given.get("AlarmName") in (None, entry.alarm)
        and given.get("HistoryItemType") in (None, entry.kind)
        and (start is None or entry.at >= _utc(start))
        and (end is None or entry.at <= _utc(end))
        and (since is None or entry.at >= datetime.fromtimestamp(float(since), UTC))
    ]
    found.sort(key=lambda entry: entry.at, reverse=given.get("ScanBy") != "TimestampAscending")
    begin = int(given.get("NextToken") or 0)
    refuses = stage.condition("topic_refuses_since")
    items = [
        {
            "AlarmName": entry.alarm,
            "AlarmType": "MetricAlarm",
            "Timestamp": entry.at,
            "HistoryItemType": entry.kind,
            "HistorySummary": entry.summary,
            "HistoryData": json.dumps(
                {**entry.data, "actionState": "Failed"}
                if entry.kind == "Action" and refuses is not None and entry.at.timestamp() >= float(refuses)
                else dict(entry.data)
            ),
        }
        for entry in found[begin : begin + most]
    ]
    more = {"NextToken": str(begin + most)} if begin + most < len(found) else {}
    return {"AlarmHistoryItems": items, **more}


def _utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
