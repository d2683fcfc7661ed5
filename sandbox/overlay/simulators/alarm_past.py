"""The past of a metric, minute by minute for the last hours: that of an alarm that may be noisy.

An alarm cries wolf over hours, and nobody waits hours in practice. So the past is written at once, whole, whenever
its shape changes (the condition `past_of_alarm`: `alarm` and `shape`), and anew now and then, so that it stays the past
of now. Values are shares of the limit that the alarm had then.

quiet         a little in each minute
single        every few minutes, not by the clock, one minute is worse, alone
rare          once an hour two minutes are worse
hovering      it is always just below the limit, and every few minutes a little over it
risen         the same as hovering, and only for an hour: before, it was quiet
attack        it has been very bad for a quarter of an hour
slow_attack   two minutes a little over the limit, a pause, two more, for hours: somebody's machine tries passwords
slow_singles  the same with a single minute
batches       now and then three minutes are worse by half: somebody's job, or somebody trying
sparse        half of the minutes have no value at all
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from moto.cloudwatch.models import Alarm, cloudwatch_backends

from journal import clock
from sandbox.overlay.cloud import there
from sandbox.overlay.registry import simulator, where
from sandbox.overlay.services import alarm_history
from sandbox.overlay.services.alarm_history import Entry
from sandbox.overlay.stage import Stage
from sandbox.overlay.stored import Metric, stored
from sandbox.turns import turn_seconds

MINUTES = 120
AGAIN_TURNS = 60


class Shape(NamedTuple):
    """In each `cycle` of minutes, the minutes of `worse` have `value`, or none; all others have what is `usual`.

    Where it is not by the `clock`, `worse` comes earlier or later in each cycle. `since` so many minutes ago; before
    that, all was quiet.
    """

    cycle: int
    worse: range
    value: float | None
    usual: float = 0.0
    clock: bool = True
    since: int = MINUTES


SHAPES: Mapping[str, Shape] = {
    "quiet": Shape(1, range(0), 0),
    "single": Shape(13, range(1, 2), 1.6, clock=False),
    "rare": Shape(60, range(7, 9), 1.3),
    "hovering": Shape(13, range(1, 3), 1.15, usual=0.7, clock=False),
    "risen": Shape(13, range(1, 3), 1.15, usual=0.7, clock=False, since=60),
    "batches": Shape(15, range(1, 4), 1.5, clock=False),
    "attack": Shape(30, range(15), 4.8),
    "slow_attack": Shape(10, range(4, 6), 1.2),
    "slow_singles": Shape(9, range(4, 5), 1.2),
    "sparse": Shape(12, range(6, 12), None),
}

LATER = (0, 7, 2, 8, 1, 5, 3)
"""Minutes by which what is not by the clock comes later, cycle by cycle."""


def share(shape: Shape, ago: int) -> float | None:
    """The value of a minute as a share of the limit, by how many minutes ago it was."""
    if ago > shape.since:
        return share(SHAPES["quiet"], ago)
    later = 0 if shape.clock else LATER[ago // shape.cycle % len(LATER)]
    return shape.value if ago % shape.cycle - later in shape.worse else shape.usual + (ago % 4) / 10


class _Past:
    """What was written last."""

    shape = ""
    limit = 0.0
    at = 0.0
    metric: Metric | None = None


@simulator
@where("alarms")
def remember(stage: Stage) -> None:
    """Write the past, if it is not there as it should be."""
    wanted = stage.condition("past_of_alarm", {"alarm": there(stage.cloud.alarms).noisy, "shape": "quiet"})
    backend = cloudwatch_backends[stage.account][stage.region]
    if (alarm := backend.alarms.get(wanted["alarm"])) is None:
        return
    shape = f"{wanted['alarm']} {wanted['shape']}"
    if shape == _Past.shape and clock.now().timestamp() - _Past.at < AGAIN_TURNS * turn_seconds():
        return
    now = clock.now().replace(second=30, microsecond=0)
    # A limit that is moved changes nothing of what was.
    limit = _Past.limit if shape == _Past.shape else float(alarm.threshold)
    values = {
        now - timedelta(minutes=ago): None if (part := share(SHAPES[wanted["shape"]], ago)) is None else limit * part
        for ago in range(MINUTES, 0, -1)
    }
    kept, metric = stored(stage), Metric(alarm.namespace, alarm.metric_name)
    with kept.whole:  # who asks meanwhile sees the one past or the other
        if _Past.metric is not None:
            kept.drop(_Past.metric)
        kept.drop(metric)
        for at, value in values.items():
            if value is not None:
                kept.add(metric, at.timestamp(), [value], "Count")
    _Past.shape, _Past.limit, _Past.at, _Past.metric = shape, limit, clock.now().timestamp(), metric
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
