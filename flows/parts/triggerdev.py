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
from tasks.triggerdev.read import FAILING, Errors, Queues, Runs, read_errors, read_queues, read_runs
from tasks.triggerdev.replay import AT_MOST, ReplayRuns, RunsOf

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
