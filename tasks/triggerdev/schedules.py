"""Schedules of Trigger.dev beside the timetable of an environment: which task runs as it should, and why not.

Trigger.dev tells of no moment at which a schedule was changed. So whether a task is overdue is told from its runs, and
not in an incident that has changed something: what was resumed a moment ago runs at its next time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict

from blocks.triggerdev import RUNS, SCHEDULES, Scheduled, TriggerDev
from blocks.triggerdev_http import told
from journal import clock
from journal.wording import counted, moment, span
from runbook import Facts, look
from runbook.shares import of_any
from tasks.triggerdev.runs import PAGE, PAGES, WELL, Run, listed, odd

NEWEST: Final = 10
"""Runs of a task that are looked at: the fewest that a page may hold."""

NOT_RUNNING: Final = "tasks of the timetable that do not run"

YEAR: Final = 2026
"""By whose rules zones are compared: those of other years differ as little."""

Kind = Literal["IMPERATIVE", "DECLARATIVE"]


class Schedule(BaseModel):
    """One schedule. A declarative one is kept by the code of its task, and only a deployment changes it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    task: str
    kind: Kind
    active: bool
    cron: str
    timezone: str
    next_run: datetime | None

    def __str__(self) -> str:
        state = "active" if self.active else "paused"
        return f"{self.id} ({self.kind.lower()}, {self.cron} {self.timezone}, {state})"


class Entry(BaseModel):
    """One task of the timetable, the schedules it has, and its newest runs.

    `ago` is how long ago the newest run was made that succeeded, and `unfinished` how many of those since have failed
    or wait. `known` says that any run of it is listed. `changed` says that this incident has changed something.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    task: str
    cron: str
    timezone: str
    late: timedelta
    schedules: tuple[Schedule, ...]
    ago: timedelta | None
    unfinished: int
    known: bool = True
    changed: bool = False

    @property
    def planned(self) -> tuple[Schedule, ...]:
        """Its schedules that are as the timetable has it."""
        return tuple(one for one in self.schedules if same_times(one, self))

    @property
    def missing(self) -> bool:
        """Whether it has no schedule. Raises `LookupError` where it has no run either: it may be called otherwise."""
        if not self.schedules and not self.known:
            raise LookupError(f"neither a schedule nor a run of {self.task} is listed; it may be called otherwise")
        return not self.schedules

    @property
    def paused(self) -> bool:
        """Whether one is as it should be, and nothing of it is active."""
        return bool(self.planned) and not any(one.active for one in self.schedules)

    @property
    def other(self) -> bool:
        """Whether one is active, and none as the timetable has it."""
        active = any(one.active for one in self.schedules)
        return active and not any(one.active for one in self.planned)

    @property
    def overdue(self) -> bool:
        """Whether no run has succeeded for too long. Raises `LookupError` where no run is known that did."""
        if self.changed:
            return False
        if self.ago is None:
            raise LookupError(f"no run of {self.task} is listed that succeeded")
        return self.ago > self.late

    @property
    def runs(self) -> bool:
        return not (self.missing or self.paused or self.other or self.overdue)

    @property
    def fails(self) -> bool:
        """Whether it is started, and comes to nothing."""
        return bool(self.unfinished) and self.overdue

    def __str__(self) -> str:
        schedules = ", ".join(map(str, self.schedules)) or "no schedule"
        last = "no success is listed" if self.ago is None else f"succeeded {span(self.ago)} ago"
        since = f", {counted(self.unfinished, 'run')} since that did not" if self.unfinished else ""
        return f"{self.task}: {schedules}; {last}{since}"


def same_times(one: Schedule, other: Entry | Scheduled) -> bool:
    """Whether both mean the same times, however they are written: `07` is 7, and EET is Bucharest's time."""
    return _plain(one.cron) == _plain(other.cron) and _same_zone(one.timezone, other.timezone)


def _plain(cron: str) -> str:
    return re.sub(r"\d+", lambda found: str(int(found[0])), " ".join(cron.split()))


@cache
def _same_zone(one: str, other: str) -> bool:
    """Whether two zones are the same hours away from UTC on each day of a year; of unknown ones only the name tells."""
    if one == other:
        return True
    try:
        ours, theirs = ZoneInfo(one), ZoneInfo(other)
    except (KeyError, ValueError, OSError):
        return False
    first = datetime(YEAR, 1, 1)  # noqa: DTZ001 # of each zone
    days = (first + timedelta(days=number) for number in range(366))
    return all(day.replace(tzinfo=ours).utcoffset() == day.replace(tzinfo=theirs).utcoffset() for day in days)


class Timetable(Facts):
    """The tasks that are to run by the clock."""

    tasks: tuple[Entry, ...]

    @property
    def wrong(self) -> bool:
        """Whether a task does not run. Raises `LookupError` where that cannot be told of one, and no other does not."""
        if not self.tasks:
            raise LookupError("the environment names no timetable")
        return of_any(self.tasks, lambda one: not one.runs)

    @property
    def missing(self) -> bool:
        """Whether a task has no schedule. Raises `LookupError` as `wrong` does."""
        return of_any(self.tasks, lambda one: one.missing)

    @property
    def fails(self) -> bool:
        """Whether a task is started and comes to nothing. Raises `LookupError` as `wrong` does."""
        return of_any(self.tasks, lambda one: not (one.missing or one.paused) and one.fails)

    @property
    def none_fails(self) -> bool:
        """Whether no task has a run that failed, or waits, since one succeeded."""
        return not any(one.unfinished for one in self.tasks)

    def figures(self) -> Mapping[str, tuple[float, str]]:
        found: list[bool] = []
        for one in self.tasks:
            try:
                found.append(not one.runs)
            except LookupError:
                return {}
        return {NOT_RUNNING: (100 * sum(found) / len(found), "%")} if found else {}

    def __str__(self) -> str:
        return "; ".join(map(str, self.tasks)) or "the environment names no timetable"


@look(SCHEDULES, RUNS, bound=f"{PAGE * PAGES} schedules in {PAGES} pages, and twice {NEWEST} runs of each task")
def read_timetable(trigger: TriggerDev, *, changed: bool = False) -> Timetable:
    """How each task of the timetable is started. Raises `Permanent` when schedules or runs may not be seen."""
    schedules = list(read_schedules(trigger))
    return Timetable(tasks=tuple(_entry(trigger, one, schedules, changed=changed) for one in trigger.timetable))


def _entry(trigger: TriggerDev, one: Scheduled, schedules: list[Schedule], *, changed: bool) -> Entry:
    runs = _newest(trigger, one.task)
    successes = _newest(trigger, one.task, **{"filter[status]": WELL})  # of a task that fails on, none is among those
    well = max((run.created for run in successes), default=None)
    return Entry(
        task=one.task,
        cron=one.cron,
        timezone=one.timezone,
        late=one.late,
        schedules=tuple(found for found in schedules if found.task == one.task),
        ago=None if well is None else clock.now() - well,
        unfinished=sum((run.failed or run.waits) and (well is None or run.created > well) for run in runs),
        known=bool(runs or successes),
        changed=changed,
    )


def _newest(trigger: TriggerDev, task: str, **more: str) -> list[Run]:
    asked = {"filter[taskIdentifier]": task, **more}
    return [run for run in listed(trigger, asked, size=NEWEST, pages=1) if run is not None]


def read_schedules(trigger: TriggerDev) -> Iterator[Schedule]:
    """Every schedule of the environment, page by page."""
    for page in range(1, PAGES + 1):
        asked = {"page": str(page), "perPage": str(PAGE)}
        found: Any = told(trigger, "/api/v1/schedules", trigger.seeing_schedules(), asked=asked)
        try:
            yield from map(to_schedule, found["data"])
            last = found["pagination"]["currentPage"] >= found["pagination"]["totalPages"]
        except (KeyError, TypeError):
            raise odd("a page of schedules has no data or pagination") from None
        if last:
            return
    raise odd(f"there are more than {PAGE * PAGES} schedules")


def read_schedule(trigger: TriggerDev, schedule: str) -> Schedule:
    """One of them."""
    return to_schedule(told(trigger, f"/api/v1/schedules/{schedule}", trigger.seeing_schedules()))


def to_schedule(told: Any) -> Schedule:
    """A schedule as the API tells it; fields that are not needed are dropped."""
    try:
        following = told.get("nextRun")
        return Schedule.model_validate(
            {
                "id": told["id"],
                "task": told["task"],
                "kind": told["type"],
                "active": told["active"],
                "cron": told["generator"]["expression"],
                "timezone": told.get("timezone") or "UTC",
                "next_run": None if following is None else datetime.fromisoformat(following),
            },
            strict=True,
        )
    except (KeyError, TypeError, AttributeError, ValueError):
        raise odd("a schedule lacks a field, or has one of another form") from None


def due(one: Schedule) -> str:
    """When it runs next, in words."""
    return "an unknown time" if one.next_run is None else moment(one.next_run)
