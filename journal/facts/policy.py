"""Whom an incident calls and when: its escalation policy, the levels with their hours, who was paged, who took over."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator

from journal.facts.words import WRITTEN_CHANNEL, Channel, Said


class Hours(Said):
    """When somebody is on duty: days of the week (0 is Monday) from `starts` to `ends` in a time zone.

    Equal times mean the whole day; an end before the start is on the next morning.
    """

    days: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6)
    starts: time = time(0)
    ends: time = time(0)
    zone: str = "UTC"

    @field_validator("days")
    @classmethod
    def _some(cls, days: tuple[int, ...]) -> tuple[int, ...]:
        if not days or not set(days) <= set(range(7)):
            raise ValueError("give at least one day of the week, 0 (Monday) to 6 (Sunday)")
        return days

    @field_validator("zone")
    @classmethod
    def _known(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (ValueError, OSError, ZoneInfoNotFoundError):
            raise ValueError(f"there is no time zone {zone!r}; write it as in Europe/Berlin") from None
        return zone

    def covers(self, at: datetime) -> bool:
        """Whether a moment is within."""
        local = at.astimezone(ZoneInfo(self.zone))
        now, yesterday = local.time(), (local.weekday() - 1) % 7
        if self.starts == self.ends:
            return local.weekday() in self.days
        if self.starts < self.ends:
            return local.weekday() in self.days and self.starts <= now < self.ends
        return (local.weekday() in self.days and now >= self.starts) or (yesterday in self.days and now < self.ends)

    def opens(self, at: datetime) -> datetime:
        """The moment itself if it is within, else when the hours next begin."""
        if self.covers(at):
            return at
        local = at.astimezone(ZoneInfo(self.zone))
        begins = (
            datetime.combine(local.date() + timedelta(days=ahead), self.starts, ZoneInfo(self.zone))
            for ahead in range(9)
        )
        return next(b for b in begins if b > local and b.weekday() in self.days).astimezone(UTC)


class PolicyLevel(Said):
    """One level of an incident's escalation policy. `contacts` are names; the environment's block has their addresses.

    Told again `every` so often, `times` in all. A level with `during` waits until those hours begin.
    """

    name: str
    after: timedelta
    if_unresolved: bool = False
    every: timedelta | None = None
    times: int = 1
    during: Hours | None = None
    contacts: tuple[str, ...] = ()


class EscalationPolicy(Said):
    """The incident's own copy of its escalation, taken when it started: a policy that is edited later changes nothing.

    `ladder` is what its kind was called in journals written before. Waits are as they count here (a practice
    environment shortens them). `block` is where the contacts' addresses are saved, as `type/name`.
    """

    kind: Literal["escalation_policy", "ladder"] = "escalation_policy"
    issue: str
    source: str
    block: str
    levels: tuple[PolicyLevel, ...]


class Escalated(Said):
    """A level was paged. `told` are the contacts that were reached; empty when nobody was."""

    kind: Literal["escalated"] = "escalated"
    level: str
    told: tuple[str, ...]
    why: str


class Acknowledged(Said):
    """A person has taken the incident over: nobody else is paged for it."""

    kind: Literal["acknowledged"] = "acknowledged"
    by: str
    channel: Channel = Field(validation_alias=WRITTEN_CHANNEL)
    why: str
