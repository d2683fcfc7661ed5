"""Logins that fail, minute by minute for the last hours: the metric of an alarm that may be noisy.

An alarm cries wolf over hours, and nobody waits hours in practice. So the past is written at once, whole, whenever
its shape changes (the condition `failed_logins`), and anew now and then, so that it stays the past of now.

quiet     a few failures in each minute
single    every few minutes one minute is worse, alone
rare      once an hour two minutes are worse
hovering  every few minutes two minutes are a little over the limit
attack    somebody has been trying passwords for a quarter of an hour
batches   three times an hour three minutes are worse by half: somebody's job, or somebody trying
sparse    half of the minutes have no value at all
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple, cast

from moto.cloudwatch.models import Alarm, MetricDatum, MetricDatumBase, cloudwatch_backends

from journal import clock
from sandbox.overlay.registry import simulator
from sandbox.overlay.services import alarm_history
from sandbox.overlay.services.alarm_history import Entry
from sandbox.overlay.stage import Stage
from sandbox.turns import turn_seconds

MINUTES = 120
AGAIN_TURNS = 60


class Shape(NamedTuple):
    """In each `cycle` of minutes, the minutes of `worse` have `value` failures, or no value; all others are quiet."""

    cycle: int
    worse: range
    value: float | None


SHAPES: Mapping[str, Shape] = {
    "quiet": Shape(1, range(0), 0),
    "single": Shape(11, range(7, 8), 16),
    "rare": Shape(60, range(7, 9), 13),
    "hovering": Shape(13, range(7, 9), 11.5),
    "batches": Shape(20, range(7, 10), 15),
    "attack": Shape(30, range(15), 48),
    "sparse": Shape(12, range(6, 12), None),
}


def failures(shape: Shape, ago: int) -> float | None:
    """How many logins failed in a minute, by how many minutes ago it was."""
    return shape.value if ago % shape.cycle in shape.worse else float(ago % 4)


class _Past:
    """What was written last."""

    shape = ""
    at = 0.0
    data: frozenset[int] = frozenset()


@simulator
def remember(stage: Stage) -> None:
    """Write the past, if it is not there as it should be."""
    shape = str(stage.condition("failed_logins", "quiet"))
    if shape == _Past.shape and clock.now().timestamp() - _Past.at < AGAIN_TURNS * turn_seconds():
        return
    noisy = stage.cloud.alarms.of(stage.cloud.alarms.noisy)
    now = clock.now().replace(second=30, microsecond=0)
    values = {now - timedelta(minutes=ago): failures(SHAPES[shape], ago) for ago in range(MINUTES, 0, -1)}
    fresh: list[MetricDatumBase] = [
        cast("MetricDatum", MetricDatum(noisy.namespace, noisy.metric, value, [], at.replace(tzinfo=None), "Count"))
        for at, value in values.items()
        if value is not None
    ]
    backend = cloudwatch_backends[stage.account][stage.region]
    backend.metric_data[:] = [one for one in backend.metric_data if id(one) not in _Past.data] + fresh
    _Past.shape, _Past.at, _Past.data = shape, clock.now().timestamp(), frozenset(id(one) for one in fresh)
    if (alarm := backend.alarms.get(noisy.name)) is not None:
        _live_through(alarm, values)


def _live_through(alarm: Alarm, values: Mapping[datetime, float | None]) -> None:
    """The alarm's history in those hours: every time that a single value was over its limit."""
    alarm_history.ENTRIES[:] = [one for one in alarm_history.ENTRIES if one.alarm != alarm.name]
    before = "OK"
    for at, value in values.items():
        state = "ALARM" if value is not None and value > float(alarm.threshold) else "OK"
        if state != before:
            data = {"oldState": {"stateValue": before}, "newState": {"stateValue": state}}
            summary = f"Alarm updated from {before} to {state}"
            alarm_history.note(Entry(alarm=alarm.name, kind="StateUpdate", at=at, summary=summary, data=data))
        before = state
