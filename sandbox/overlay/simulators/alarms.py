"""Alarms at work: each is evaluated by its own settings over the values of its metric, as CloudWatch does."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from moto.cloudwatch.models import Alarm, cloudwatch_backends

from journal import clock
from sandbox.overlay.datapoints import Series, points
from sandbox.overlay.registry import simulator
from sandbox.overlay.services.alarms import turn
from sandbox.overlay.stage import Stage
from sandbox.overlay.stored import Stored, stored
from sandbox.turns import turn_seconds
from tasks.cloudwatch.replay import Rule, states

EVERY = 10
"""Turns: how often all alarms are evaluated. AWS does it once a period; one put anew is looked at right away."""

_LAST: dict[str, float] = {}


@simulator
def evaluate(stage: Stage) -> None:
    """Evaluate what is due."""
    backend = cloudwatch_backends[stage.account][stage.region]
    now = clock.now().timestamp()
    due = [
        alarm
        for alarm in list(backend.alarms.values())
        if now - (last := _LAST.get(alarm.name, 0.0)) >= EVERY * turn_seconds()
        or alarm.configuration_updated_timestamp.replace(tzinfo=UTC).timestamp() > last
    ]
    if not due:
        return
    for alarm in sorted(due, key=lambda one: one.rule is not None):
        _LAST[alarm.name] = now
        if alarm.rule is not None:
            turn(alarm, _composite(str(alarm.rule), backend.alarms), reason=f"{alarm.rule} was evaluated.")
        elif alarm.metric_name and alarm.period:
            state = _state(alarm, stored(stage))
            turn(alarm, state, reason=f"Threshold Crossed: evaluated {alarm.evaluation_periods} periods.")


def _state(alarm: Alarm, kept: Stored) -> str:
    period, count = int(alarm.period), int(alarm.evaluation_periods)
    end = datetime.fromtimestamp(clock.now().timestamp() // period * period, UTC)
    start = end - timedelta(seconds=period * count)
    series = Series(
        stored=kept,
        namespace=alarm.namespace,
        name=alarm.metric_name,
        dimensions={str(one.name): str(one.value) for one in alarm.dimensions},
        unit=alarm.unit,
    )
    statistic = str(alarm.extended_statistic or alarm.statistic)
    found = {one.at: one.value for one in points(series, start=start, end=end, period=period, statistic=statistic)}
    values = [found.get(start + timedelta(seconds=period * number)) for number in range(count)]
    rule = Rule(
        comparison=str(alarm.comparison_operator),
        limit=float(alarm.threshold),
        periods=count,
        datapoints=int(alarm.datapoints_to_alarm or count),
        missing=str(alarm.treat_missing_data or "missing"),
    )
    return states(rule, values, before=alarm.state_value)[-1]  # type: ignore[arg-type] # moto keeps it as text


def _composite(rule: str, alarms: Mapping[str, Alarm]) -> str:
    """A rule of the form `ALARM(a) OR ALARM(b)`, which is all that is seeded here."""
    parts = re.findall(r"ALARM\(\"?([\w-]+)\"?\)", rule)
    return "ALARM" if any(part in alarms and alarms[part].state_value == "ALARM" for part in parts) else "OK"
