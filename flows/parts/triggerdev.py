"""Tasks of Trigger.dev: how their runs fare, why they fail, whether queues are full, and replaying what failed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import Final, TypeVar

from blocks.shapes import HasTrigger
from flows.parts.asked import DEVISED, Asked
from flows.parts.providers import HARDLY_ANY, MOST
from flows.parts.providers import kinds as answers
from runbook import Approval, Context, Evidence, Form, Guardrail, Hypothesis, Mitigation, Probe, Told, WayBack, probe
from runbook.probe import E_contra, P_contra
from tasks.logs.read import Kind
from tasks.triggerdev.activate import AT_MOST as SCHEDULES_AT_MOST
from tasks.triggerdev.activate import ActivateSchedule, TimetableOf
from tasks.triggerdev.read import FAILING, Errors, Queues, Runs, read_errors, read_queues, read_runs
from tasks.triggerdev.replay import AT_MOST, ReplayRuns, RunsOf
from tasks.triggerdev.schedules import NOT_RUNNING, Timetable, read_timetable

E = TypeVar("E", bound=HasTrigger)
P = TypeVar("P", bound=Form)

WAITED_LONG: Final = timedelta(minutes=10)
"""Devised: a run that waits for so long to begin is stuck."""

CODE, MEMORY = "code", "memory"
KINDS: Final = (
    Kind(name=MEMORY, pattern=r"TASK_PROCESS_(?:MAYBE_)?OOM_KILLED|(?i:out of memory)"),
    Kind(
        name=CODE, pattern=r"^(?:Type|Reference|Range|Syntax)Error\b|TASK_(?:INPUT|OUTPUT)_ERROR|COULD_NOT_IMPORT_TASK"
    ),
    *answers(),
)
"""Kinds of failed runs. Those that only code makes go before what those answer whom a task calls."""


@dataclass(frozen=True)
class AskedRuns(Asked[E_contra, P_contra, Runs]):
    """How the runs of tasks fare."""

    @cached_property
    def failing_or_stuck(self) -> Evidence[E_contra, P_contra]:
        """Devised, as no number is given: one run in ten that failed is more than a bad moment."""
        return self.probe.shows(
            "more than one run in ten failed and is not made up for, or runs have waited for ten minutes to begin",
            lambda r: r.stuck(WAITED_LONG) or r.failing > 0.1,
            gauge=FAILING,
        )

    @cached_property
    def well(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows("no task has a failure among its newest five runs", lambda r: r.well)

    @cached_property
    def going_on(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows("a task has a failure among its newest five runs", lambda r: not r.well)

    @cached_property
    def left(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            "runs that may be replayed have failed, and the newest five runs of their task succeeded",
            lambda r: r.left > 0,
        )

    @cached_property
    def made_up(self) -> Evidence[E_contra, P_contra]:
        """Also where one failed again: then it is not made up for."""
        return self.probe.shows(
            "no failed run is left that may be replayed, but those whose replay succeeded",
            lambda r: not r.not_made_up,
        )

    @cached_property
    def timed_out(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            "at least a third of the failed runs took longer than they may", lambda r: r.timed_out() >= MOST
        )

    @cached_property
    def in_time(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            "fewer than one in twenty of the failed runs took longer than they may",
            lambda r: r.timed_out() < HARDLY_ANY,
        )

    @cached_property
    def stuck(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows("runs have waited for ten minutes to begin", lambda r: r.stuck(WAITED_LONG))

    @cached_property
    def told(self) -> Told[E_contra, P_contra]:
        """What was seen of each task, and on which versions."""
        return self.probe.tells(
            lambda r: [
                f"Seen: {r}.",
                *(
                    f"{one.task}, version {version or 'unknown'}: {bad} failed, {well} succeeded."
                    for one in r.tasks
                    if one.failed
                    for version, (well, bad) in one.versions.items()
                ),
            ]
        )


@dataclass(frozen=True)
class OfKind(Asked[E_contra, P_contra, Errors]):
    """What failed runs of one sort come to; `said` is what they ended with, as in *with an error of its code*."""

    kinds: tuple[str, ...]
    said: str

    @cached_property
    def many(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            f"at least a third of the newest failed runs ended {self.said}", lambda r: r.share(*self.kinds) >= MOST
        )

    @cached_property
    def few(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            f"fewer than one in twenty of the newest failed runs ended {self.said}",
            lambda r: r.share(*self.kinds) < HARDLY_ANY,
        )


@dataclass(frozen=True)
class AskedErrors(Asked[E_contra, P_contra, Errors]):
    """Why the newest failed runs failed."""

    _known: dict[tuple[str, ...], OfKind[E_contra, P_contra]] = field(
        default_factory=dict[tuple[str, ...], OfKind[E_contra, P_contra]]
    )

    def of(self, *kinds: str, said: str) -> OfKind[E_contra, P_contra]:
        if kinds not in self._known:
            self._known[kinds] = OfKind(self.probe, kinds, said)
        return self._known[kinds]


@dataclass(frozen=True)
class AskedQueues(Asked[E_contra, P_contra, Queues]):
    """What waits in queues."""

    @cached_property
    def full(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows("runs wait in a queue of which as many go on as may at once", lambda r: r.full)

    @cached_property
    def none_full(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows("no queue is full", lambda r: not r.full)

    @cached_property
    def told(self) -> Told[E_contra, P_contra]:
        return self.probe.tells(lambda r: [f"Seen: {r}."])


@dataclass(frozen=True)
class AskedTimetable(Asked[E_contra, P_contra, Timetable]):
    """Tasks that are to run by the clock, and whether they do."""

    @cached_property
    def wrong(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            "a task does not run as its timetable says, or has not succeeded for longer than it may",
            lambda r: r.wrong,
            gauge=NOT_RUNNING,
        )

    @cached_property
    def paused(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows("a schedule of the timetable is paused", lambda r: any(one.paused for one in r.tasks))

    @cached_property
    def none_paused(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            "no schedule of the timetable is paused", lambda r: not any(one.paused for one in r.tasks)
        )

    @cached_property
    def missing(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows("a task of the timetable has no schedule", lambda r: r.missing)

    @cached_property
    def none_missing(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows("each task of the timetable has a schedule", lambda r: not r.missing)

    @cached_property
    def other(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            "the active schedule of a task is of other times or another timezone than its timetable's",
            lambda r: any(one.other for one in r.tasks),
        )

    @cached_property
    def none_other(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            "each active schedule is of the times and the timezone of its timetable",
            lambda r: not any(one.other for one in r.tasks),
        )

    @cached_property
    def fails(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows("a task was started by the clock, and its runs have failed or wait", lambda r: r.fails)

    @cached_property
    def none_fails(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            "no run of the timetable's tasks has failed since one succeeded", lambda r: r.none_fails
        )

    @cached_property
    def told(self) -> Told[E_contra, P_contra]:
        return self.probe.tells(lambda r: [f"Seen: {one}." for one in r.tasks])


def runs_of(c: Context[HasTrigger, Form]) -> RunsOf:
    """The runs of the environment."""
    return RunsOf(environment=c.env.trigger.environment)


def runs(window: timedelta, source: str = DEVISED) -> Probe[HasTrigger, Form, Runs]:
    """How the tasks fare. What a change did is in the reading, so it looks back as far after one as before."""

    @probe(
        read_runs,
        asks="How do the background tasks fare?",
        source=source,
        timeout=timedelta(seconds=60),
        about=runs_of,
    )
    def runs(c: Context[HasTrigger, Form]) -> Runs:
        return read_runs(c.env.trigger, window=window)

    return runs


def errors(window: timedelta, source: str = DEVISED) -> Probe[HasTrigger, Form, Errors]:
    """Why runs fail, as they say themselves."""

    @probe(
        read_errors,
        asks="Why did the newest failed runs fail?",
        source=source,
        timeout=timedelta(seconds=60),
        about=runs_of,
    )
    def run_errors(c: Context[HasTrigger, Form]) -> Errors:
        return read_errors(c.env.trigger, window=window, kinds=KINDS)

    return run_errors


def queues(source: str = DEVISED) -> Probe[HasTrigger, Form, Queues]:
    """What waits in queues, and whether they are full or paused."""

    @probe(
        read_queues, asks="Which queues are full, and which are paused?", source=source, timeout=timedelta(seconds=30)
    )
    def queues(c: Context[HasTrigger, Form]) -> Queues:
        return read_queues(c.env.trigger)

    return queues


def timetable(source: str = DEVISED) -> Probe[HasTrigger, Form, Timetable]:
    """Which tasks run by the clock as they should. Once something was changed, what was missed before is no trouble."""

    def of(c: Context[HasTrigger, Form]) -> TimetableOf:
        return TimetableOf(environment=c.env.trigger.environment)

    @probe(
        read_timetable,
        asks="Do the tasks run that are to run by the clock?",
        source=source,
        timeout=timedelta(seconds=60),
        about=of,
    )
    def timetable(c: Context[HasTrigger, Form]) -> Timetable:
        return read_timetable(c.env.trigger, changed=c.lately is not None)

    return timetable


def activate_schedule(
    treats: Hypothesis[E, P], *, by: str, validated_by: Evidence[E, P], source: str = DEVISED
) -> Mitigation[E, P]:
    """Resume schedules that are paused, and that no code declares."""
    return Mitigation(
        name="activate_schedule",
        title="Resume the schedules that are paused",
        treats=treats,
        change=lambda c: ActivateSchedule(trigger=c.env.trigger),
        approval=Approval(by=by, risk="Somebody may have paused it on purpose, such as to keep messages back."),
        guardrail=Guardrail(at_most=SCHEDULES_AT_MOST, cooldown=timedelta(minutes=10)),
        undo=WayBack("The schedules are paused again, unless somebody has changed them since."),
        validated_by=validated_by,
        source=source,
    )


def replay_runs(
    treats: Hypothesis[E, P],
    window: timedelta,
    *,
    by: str,
    validated_by: Evidence[E, P],
    source: str = DEVISED,
) -> Mitigation[E, P]:
    """Replay failed runs of tasks that may be replayed, one of them first."""
    return Mitigation(
        name="replay_runs",
        title="Replay the runs that failed, one of them first",
        treats=treats,
        change=lambda c: ReplayRuns(trigger=c.env.trigger, window=window),
        approval=Approval(by=by, risk="What a run had done before it failed, such as a message, may be done twice."),
        guardrail=Guardrail(at_most=AT_MOST, cooldown=timedelta(minutes=10)),
        undo=WayBack("Replays that have not begun are cancelled; what the others did stays."),
        validated_by=validated_by,
        source=source,
    )
