"""Would somebody be told? The required alarms held against what exists, from the log line to the subscriber."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from blocks.aws import Aws
from blocks.parts import RequiredAlarm
from journal import clock
from runbook import Facts, look
from tasks.cloudwatch.alarms import Alarm, read_alarm_history, read_alarms, watched
from tasks.logs.metric_filters import read_metric_filters
from tasks.sns.read import read_subscribers


class Coverage(Facts):
    """What is between an incident and the people who must hear of it. Every tuple names alarms or filters.

    `elsewhere` are missing alarms whose metric one of another name watches, `blind` those without data or with another
    metric than theirs, `blind_by_filter` those of them whose metric filter is missing, `muted_lately` the muted ones
    that were changed just now, `deaf` those whose limit is out of reach, `filters_altered` count other lines than they
    should. `last_failed` is when an alarm last tried to tell somebody in vain.
    """

    required: int
    missing: tuple[str, ...]
    elsewhere: tuple[str, ...]
    muted: tuple[str, ...]
    muted_lately: tuple[str, ...]
    blind: tuple[str, ...]
    blind_by_filter: tuple[str, ...]
    deaf: tuple[str, ...] = ()
    filters_missing: tuple[str, ...]
    filters_altered: tuple[str, ...]
    groups_missing: tuple[str, ...]
    subscribers: int
    pending: int
    last_told: datetime | None
    last_failed: datetime | None
    asked_at: datetime

    @property
    def absent(self) -> tuple[str, ...]:
        """Missing alarms that no other stands in for."""
        return tuple(name for name in self.missing if name not in self.elsewhere)

    @property
    def broken(self) -> bool:
        """Whether anything on the way is missing."""
        missing = (self.absent, self.muted, self.blind, self.deaf, self.filters_missing, self.filters_altered)
        return any(missing) or not self.subscribers or self.in_vain

    @property
    def in_vain(self) -> bool:
        """Whether the last time that an alarm went off, nobody could be told."""
        return self.last_failed is not None and (self.last_told is None or self.last_failed > self.last_told)

    def figures(self) -> Mapping[str, tuple[float, str]]:
        mute = self.required if not self.subscribers else len({*self.absent, *self.muted, *self.blind, *self.deaf})
        return {"required alarms that tell nobody": (100 * mute / self.required, "%")} if self.required else {}

    def proven(self, within: timedelta) -> bool:
        """Whether an alarm is known to have told somebody lately."""
        return self.last_told is not None and self.asked_at - self.last_told <= within

    def __str__(self) -> str:
        parts = {
            "missing": self.missing,
            "muted": self.muted,
            "without the right data": self.blind,
            "with a limit that is out of reach": self.deaf,
            "metric filters missing": self.filters_missing,
            "metric filters that count other lines": self.filters_altered,
        }
        words = [f"{self.required} alarms are required"]
        words += [f"{what}: {', '.join(names)}" for what, names in parts.items() if names]
        words.append(f"the topic has {self.subscribers} subscribers ({self.pending} not confirmed)")
        told = f"{self.last_told:%Y-%m-%d %H:%M} UTC" if self.last_told else "not known"
        words += [f"an alarm tried in vain to tell: {self.last_failed:%Y-%m-%d %H:%M} UTC"] if self.last_failed else []
        return "; ".join([*words, f"an alarm last told somebody: {told}"])


@look(
    *read_alarms.permissions,
    *read_alarm_history.permissions,
    *read_metric_filters.permissions,
    *read_subscribers.permissions,
    bound="alarms, filters and subscribers, each by its own bound",
)
def read_coverage(
    aws: Aws,
    required: tuple[RequiredAlarm, ...],
    *,
    prefix: str,
    topic: str,
    lately: timedelta,
    told_within: timedelta,
) -> Coverage:
    """All of it (`rung.h528`). Raises when any part cannot be seen: half a view would call the rest covered."""
    now = clock.now()
    alarms = read_alarms(aws, prefix).alarms
    filters = read_metric_filters(aws, tuple(alarm.filter for alarm in required if alarm.filter))
    people = read_subscribers(aws, topic)
    history = read_alarm_history(aws, window=told_within)
    missing, muted = missing_of(required, alarms), muted_of(required, alarms)
    blind = blind_of(required, alarms)
    return Coverage(
        required=len(required),
        missing=tuple(missing),
        elsewhere=tuple(name for name, other in missing.items() if other),
        muted=muted,
        muted_lately=tuple(name for name in muted if now - alarms[name].changed < lately),
        blind=blind,
        deaf=deaf_of(required, alarms),
        blind_by_filter=tuple(
            a.name for a in required if a.name in blind and a.filter and a.filter.name in filters.missing
        ),
        filters_missing=filters.missing,
        filters_altered=filters.altered,
        groups_missing=filters.groups_missing,
        subscribers=people.confirmed,
        pending=people.pending,
        last_told=history.last_told,
        last_failed=history.last_failed,
        asked_at=now,
    )


def missing_of(required: tuple[RequiredAlarm, ...], alarms: Mapping[str, Alarm]) -> dict[str, str | None]:
    """Required alarms that do not exist, each with the alarm of another name that watches its metric, if any."""
    others = {alarm.watches: name for name, alarm in alarms.items() if alarm.reaches}
    return {
        alarm.name: others.get(watched(alarm.namespace, alarm.metric, alarm.dimensions))
        for alarm in required
        if alarm.name not in alarms
    }


def muted_of(required: tuple[RequiredAlarm, ...], alarms: Mapping[str, Alarm]) -> tuple[str, ...]:
    """Required alarms that exist and do nothing when they go off."""
    return tuple(alarm.name for alarm in required if alarm.name in alarms and not alarms[alarm.name].reaches)


def blind_of(required: tuple[RequiredAlarm, ...], alarms: Mapping[str, Alarm]) -> tuple[str, ...]:
    """Required alarms that have no data, or watch another metric than the one they are for."""
    return tuple(
        alarm.name
        for alarm in required
        if (found := alarms.get(alarm.name)) is not None
        and (
            found.state == "INSUFFICIENT_DATA"
            or (found.watches and found.watches != watched(alarm.namespace, alarm.metric, alarm.dimensions))
        )
    )


FAR = 10.0
"""So many times the required limit is no question of taste any more: an owner may tune an alarm, and it still tells."""


def deaf_of(required: tuple[RequiredAlarm, ...], alarms: Mapping[str, Alarm]) -> tuple[str, ...]:
    """Required alarms whose limit lies so far out that they do not go off when they should."""
    return tuple(
        alarm.name
        for alarm in required
        if (found := alarms.get(alarm.name)) is not None and found.limit is not None and _far(alarm, found.limit)
    )


def _far(required: RequiredAlarm, limit: float) -> bool:
    wanted = required.threshold
    if "Less" in required.comparison:
        return wanted > 0 and limit < wanted / FAR
    return limit > FAR * max(wanted, 1.0)
