"""What a stand-in of Trigger.dev keeps: tasks that are run, the queues in which runs wait, and every run.

It lives by whatever clock is in use: `turn` makes the runs that are due since the last one, lets those begin for which
there is room, and ends those whose time has come.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import RLock
from typing import Final

from journal import clock

KEPT: Final = timedelta(hours=3)
VERSION: Final = "20261101.1"


@dataclass(frozen=True, kw_only=True)
class Failure:
    """How a run ends that does not succeed."""

    status: str = "FAILED"
    name: str = ""
    message: str


@dataclass(kw_only=True)
class Task:
    """A task that something triggers `every` so often. `fails` says how a run ends that would end then."""

    name: str
    every: timedelta
    takes: timedelta
    version: str = VERSION
    fails: Callable[[Task, Run], Failure | None] = lambda _task, _run: None
    due: datetime = field(default_factory=clock.now)


@dataclass(kw_only=True)
class Queue:
    """As many of its runs go on at once as `limit` says; without one, all."""

    name: str
    limit: int | None = 10
    paused: bool = False
    free: datetime = field(default_factory=clock.now)
    """Since when there is room for one more."""


@dataclass(kw_only=True)
class Run:
    """One run. `replays` is the run that it repeats: it is known here, and told by no answer."""

    id: str
    task: str
    created: datetime
    updated: datetime
    status: str = "QUEUED"
    version: str = ""
    began: datetime | None = None
    ended: datetime | None = None
    tags: list[str] = field(default_factory=list[str])
    test: bool = False
    error: Failure | None = None
    replays: str = ""
    payload: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def over(self) -> bool:
        return self.ended is not None


@dataclass(kw_only=True)
class Schedule:
    """What triggers a task: without an active one, a task that has any is not run. Its next time is its task's."""

    id: str
    task: str
    cron: str
    timezone: str = "UTC"
    kind: str = "IMPERATIVE"
    active: bool = True


@dataclass(kw_only=True)
class Kept:
    """One environment. `late` is by how much lists are late: they come from another store than a run by itself."""

    environment: str = "prod"
    tasks: dict[str, Task] = field(default_factory=dict[str, Task])
    queues: dict[str, Queue] = field(default_factory=dict[str, Queue])
    runs: dict[str, Run] = field(default_factory=dict[str, Run])
    schedules: dict[str, Schedule] = field(default_factory=dict[str, Schedule])
    clocked: set[str] = field(default_factory=set[str])
    """Tasks that only a schedule triggers."""
    stands_still: bool = False
    """Whether nothing that is scheduled is triggered."""
    late: timedelta = timedelta(0)
    lock: RLock = field(default_factory=RLock, repr=False)
    _made: int = 0

    def begin(self, *tasks: Task, schedules: Iterable[Schedule] = ()) -> None:
        """Anew, with these tasks, each with a queue of its own as Trigger.dev gives it, and these schedules."""
        with self.lock:
            self.tasks = {one.name: one for one in tasks}
            self.queues = {one.name: Queue(name=one.name) for one in tasks}
            self.runs, self.late, self.stands_still = {}, timedelta(0), False
            self.schedules = {one.id: one for one in schedules}
            self.clocked = {one.task for one in self.schedules.values()}

    def past(self, of: timedelta) -> None:
        """Live through so much that is over: what nobody needs to wait for."""
        for one in self.tasks.values():
            one.due = clock.now() - of
        for queue in self.queues.values():
            queue.free = clock.now() - of
        self.turn()

    def make(self, task: str, at: datetime, *, tags: tuple[str, ...] = (), replays: str = "") -> Run:
        """A run that waits to begin."""
        self._made += 1
        name = f"run_{self._made:06d}{'r' if replays else 'o'}"
        one = Run(id=name, task=task, created=at, updated=at, tags=list(tags), replays=replays)
        one.payload = {"to": "Anna Example"}
        self.runs[name] = one
        return one

    def replay(self, run: Run) -> Run:
        """A new run with the same payload and tags, on the version that is deployed."""
        return self.make(run.task, clock.now(), tags=tuple(run.tags), replays=run.id)

    def cancel(self, run: Run) -> None:
        """End one that has not ended; of any other it has no effect."""
        if not run.over:
            run.status, run.ended, run.updated = "CANCELED", clock.now(), clock.now()

    def turn(self) -> None:
        """Let it live up to now."""
        with self.lock:
            now = clock.now()
            for task in self.tasks.values():
                while task.due <= now:
                    if self._is_triggered(task.name):
                        self.make(task.name, task.due)
                    task.due += task.every
            for queue in self.queues.values():
                self._work(queue, now)
            for name in [one.id for one in self.runs.values() if now - one.created > KEPT]:
                if self.runs[name].task not in self.clocked:
                    del self.runs[name]

    def _is_triggered(self, task: str) -> bool:
        if task not in self.clocked:
            return True
        return not self.stands_still and any(one.active for one in self.schedules.values() if one.task == task)

    def _work(self, queue: Queue, now: datetime) -> None:
        task = self.tasks[queue.name]
        mine = sorted((one for one in self.runs.values() if one.task == task.name and not one.over), key=_created)
        waiting, going = [one for one in mine if one.began is None], [one for one in mine if one.began is not None]
        while waiting or going:
            room = queue.limit is None or len(going) < queue.limit
            if waiting and room and not queue.paused:
                one = waiting.pop(0)
                one.began = one.updated = max(one.created, queue.free)
                one.status, one.version = "EXECUTING", task.version
                going.append(one)
                continue
            first = min(going, key=lambda one: one.began or now, default=None)
            if first is None or first.began is None or first.began + task.takes > now:
                return
            going.remove(first)
            queue.free = max(queue.free, first.began + task.takes) if queue.limit is not None else queue.free
            _end(first, task, first.began + task.takes)


def _created(run: Run) -> datetime:
    return run.created


def _end(run: Run, task: Task, at: datetime) -> None:
    run.error = task.fails(task, run)
    run.status = "COMPLETED" if run.error is None else run.error.status
    run.ended = run.updated = at
