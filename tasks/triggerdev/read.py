"""Looks at runs and queues of Trigger.dev: how tasks fare, why runs failed, and which queues are full.

What a failed run says of itself may name a patient, so it is told by kind within the reader, and dropped.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any, Final, cast

from pydantic import BaseModel, ConfigDict

from blocks.triggerdev import QUEUES, RUNS, TriggerDev
from blocks.triggerdev_http import told
from journal import clock
from journal.wording import counted, span
from runbook import Facts, look
from runbook.shares import FEW, LEAST, of_any, share
from tasks.logs.read import Kind
from tasks.triggerdev.runs import FAILED, PAGE, PAGES, TIMED_OUT, Run, listed, odd, since

NEWEST: Final = 5
"""How many of a task's newest runs tell how it fares now. Devised: a count, as tasks run each minute or each day."""

LOOKED_AT: Final = 12
"""Failed runs whose errors are read: each takes a request."""

FAILING: Final = "runs that failed and are not made up for"


class Task(BaseModel):
    """How the runs of one task fared in the window. A run that failed and whose replay succeeded is `made_up`.

    Of `failed`, `left` have not been replayed. `lately` are its newest that ended, at most five.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    task: str
    replayable: bool = False
    well: int = 0
    failed: int = 0
    left: int = 0
    made_up: int = 0
    timed_out: int = 0
    lately: int = 0
    lately_failed: int = 0
    waiting: int = 0
    oldest: timedelta = timedelta(0)
    """How long the one waits that has waited longest."""
    versions: Mapping[str, tuple[int, int]] = {}
    """Of each version how many succeeded, and how many failed."""

    @property
    def fares_well(self) -> bool:
        """Whether its newest runs succeeded. Raises `LookupError` where there are too few."""
        if self.failed and not self.lately_failed and self.lately < NEWEST:
            raise LookupError(f"only {counted(self.lately, 'run')} of {self.task} ended of late, too few to tell")
        return not self.lately_failed

    @property
    def counts(self) -> int:
        """Failed runs that are trouble still: the task goes on failing, or they may be replayed."""
        with suppress(LookupError):
            return self.failed if self.replayable or not self.fares_well else 0
        return self.failed


class Runs(Facts):
    """How tasks fare. Where there were too many runs, they are the newest (`complete` is false)."""

    window: timedelta
    complete: bool
    tasks: tuple[Task, ...]

    @property
    def ended(self) -> int:
        return sum(one.well + one.failed + one.made_up for one in self.tasks)

    @property
    def failing(self) -> float:
        """Which share (0..1) of the runs that ended has failed and is trouble still."""
        return share(sum(one.counts for one in self.tasks), self.ended, "runs that ended", least=LEAST)

    @property
    def left(self) -> int:
        """Failed runs that may be replayed, and have not been, of tasks that fare well now."""
        return sum(one.left for one in self.tasks if one.replayable and one.left and one.fares_well)

    @property
    def not_made_up(self) -> int:
        """Failed runs that may be replayed, whether they have been or not."""
        return sum(one.failed for one in self.tasks if one.replayable)

    @property
    def well(self) -> bool:
        """Whether every task fares well now. Raises `LookupError` where nobody can tell."""
        if not self.ended:
            raise LookupError("no run ended")
        return all(tuple(one.fares_well for one in self.tasks))  # whoever cannot be told of is not passed over

    def timed_out(self) -> float:
        """Which share (0..1) of the failed runs took longer than it may."""
        failed = sum(one.failed for one in self.tasks)
        return share(sum(one.timed_out for one in self.tasks), failed, "failed runs", least=FEW)

    def stuck(self, since: timedelta) -> bool:
        """Whether several runs of a task wait, and one of them for so long."""
        return any(one.waiting >= FEW and one.oldest >= since for one in self.tasks)

    def figures(self) -> Mapping[str, tuple[float, str]]:
        with suppress(LookupError):
            return {FAILING: (100 * self.failing, "%")}
        return {}

    def __str__(self) -> str:
        said = "; ".join(_said(one) for one in self.tasks if one.failed or one.made_up or one.waiting)
        newest = "" if self.complete else "the newest of the "
        return f"{newest}{counted(self.ended, 'run')} that ended in {span(self.window)}: {said or 'none failed'}"


def _said(one: Task) -> str:
    parts = [f"{one.failed} of {one.task} failed"] if one.failed or not one.waiting else []
    parts += [f"{one.made_up} of {one.task} succeeded when replayed"] if one.made_up else []
    parts += [f"{one.waiting} of {one.task} wait, since {span(one.oldest)}"] if one.waiting else []
    return ", ".join(parts)


class Errors(Facts):
    """Of which kinds the newest failed runs are: `looked` of them were read; what is of no kind is in none."""

    looked: int
    kinds: Mapping[str, int]

    def share(self, *kinds: str) -> float:
        """Failed runs of these kinds as a share (0..1) of those that were read."""
        return share(sum(self.kinds.get(one, 0) for one in kinds), self.looked, "failed runs", least=FEW)

    def __str__(self) -> str:
        said = ", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in self.kinds.items() if count)
        return f"of the newest {counted(self.looked, 'failed run')}: {said or 'none of a kind that is known'}"


class Queue(BaseModel):
    """One queue; `limit` is how many of its runs may go on at once, where it has a limit of its own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    running: int
    queued: int
    paused: bool
    limit: int | None

    @property
    def full(self) -> bool:
        """Whether runs wait because as many as may go on do. Raises `LookupError` where it has no limit of its own."""
        if not self.queued or self.paused:
            return False
        if self.limit is None:
            raise LookupError(f"{self.name} has no limit of its own; how much all may do, Trigger.dev does not tell")
        return self.running >= self.limit


class Queues(Facts):
    queues: tuple[Queue, ...]

    @property
    def full(self) -> bool:
        """Whether one is. Raises `LookupError` where that cannot be told of one, and no other is, or none is listed."""
        if not self.queues:
            raise LookupError("no queue is listed")
        return of_any(self.queues, lambda one: one.full)

    def __str__(self) -> str:
        said = ", ".join(
            f"{one.name} has {one.running} going and {one.queued} waiting"
            f" ({'paused' if one.paused else f'at most {one.limit}'})"
            for one in self.queues
            if one.queued or one.paused
        )
        return said or f"nothing waits in any of {counted(len(self.queues), 'queue')}"


@look(RUNS, bound=f"{PAGE * PAGES} runs in {PAGES} pages, the newest; payloads are not read")
def read_runs(trigger: TriggerDev, *, window: timedelta) -> Runs:
    """How the tasks fared whose runs were made in a window. Raises `Permanent` when it may not be read."""
    now, found, complete = clock.now(), list[Run](), False
    for one in listed(trigger, since(now, window)):
        if one is None:
            complete = True
        else:
            found.append(one)
    names = {one.task for one in trigger.replayable}
    by_task: defaultdict[str, list[Run]] = defaultdict(list)
    for one in found:
        by_task[one.task].append(one)
    tasks = (_task(task, runs, replayable=task in names) for task, runs in sorted(by_task.items()))
    return Runs(window=window, complete=complete, tasks=tuple(tasks))


def _task(task: str, runs: list[Run], *, replayable: bool) -> Task:
    ended = sorted((one for one in runs if one.ended), key=lambda one: one.ended or one.created, reverse=True)
    made_up = {one.mark for one in ended if one.is_replay and one.well}
    failed = [one for one in ended if one.failed and not one.is_replay and one.id not in made_up]
    versions: defaultdict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for one in ended:
        well, bad = versions[one.version]
        versions[one.version] = (well + one.well, bad + one.failed)
    waiting = [one for one in runs if one.waits]
    return Task(
        task=task,
        replayable=replayable,
        well=sum(one.well and not one.is_replay for one in ended),
        failed=len(failed),
        left=sum(not one.mark for one in failed),
        made_up=sum(one.failed and not one.is_replay and one.id in made_up for one in ended),
        timed_out=sum(one.status == TIMED_OUT for one in failed),
        lately=len(ended[:NEWEST]),
        lately_failed=sum(one.failed for one in ended[:NEWEST]),
        waiting=len(waiting),
        oldest=max((clock.now() - one.created for one in waiting), default=timedelta(0)),
        versions=dict(versions),
    )


@look(RUNS, bound=f"one page, and {LOOKED_AT} failed runs; their errors are told by kind and dropped")
def read_errors(trigger: TriggerDev, *, window: timedelta, kinds: tuple[Kind, ...]) -> Errors:
    """Why the newest failed runs of a window failed. Raises `Permanent` when it may not be read."""
    asked = {**since(clock.now(), window), "filter[status]": ",".join(FAILED)}
    runs = [one for one in listed(trigger, asked, size=LOOKED_AT, pages=1) if one is not None]
    counts = dict.fromkeys((kind.name for kind in kinds), 0)
    for one in runs:
        said = _error(told(trigger, f"/api/v3/runs/{one.id}", trigger.reading()))
        kind = next((kind.name for kind in kinds if re.search(kind.pattern, said)), None)
        if kind is not None:
            counts[kind] += 1
    return Errors(looked=len(runs), kinds=counts)


def _error(run: Mapping[str, Any]) -> str:
    """What a failed run says: its error, or that of its last attempt, as *name: message*; nothing of a silent one."""
    tried = cast("list[Any]", run.get("attempts") or [])
    said = [run, *(cast("dict[str, Any]", one) for one in reversed(tried) if isinstance(one, dict))]
    errors = (one.get("error") for one in said)
    nothing: dict[str, Any] = {}
    error = next((cast("dict[str, Any]", one) for one in errors if isinstance(one, dict)), nothing)
    name, message = error.get("name"), error.get("message")
    return f"{name}: {message}" if name else str(message or "")


@look(QUEUES, bound=f"{PAGE * PAGES} queues in {PAGES} pages")
def read_queues(trigger: TriggerDev) -> Queues:
    """Every queue, with what waits in it. Raises `Permanent` when it may not be read, or there are too many."""
    return Queues(queues=tuple(_queues(trigger)))


def _queues(trigger: TriggerDev) -> Iterator[Queue]:
    for page in range(1, PAGES + 1):
        asked = {"page": str(page), "perPage": str(PAGE)}
        found: Any = told(trigger, "/api/v1/queues", trigger.reading(), asked=asked)
        try:
            for one in found["data"]:
                yield Queue(
                    name=str(one["name"]),
                    running=one["running"],
                    queued=one["queued"],
                    paused=one["paused"],
                    limit=one.get("concurrencyLimit"),
                )
            last = found["pagination"]["currentPage"] >= found["pagination"]["totalPages"]
        except (KeyError, TypeError, ValueError):
            raise odd("a queue lacks a field, or has one of another form") from None
        if last:
            return
    raise odd(f"there are more than {PAGE * PAGES} queues")
