"""Tasks: what would be done is counted and kept as a plan; a plan is started once, watched, and stopped.

Plans are forgotten at a restart and a day after they are no longer good; whoever asks is told 404, which is unknown.
What a task does is Python that its owner wrote into this server. A request says which task and which plan, and nothing
of it is ever run.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, StrictInt

from journal import clock
from sandbox.switchboard.board import Lifting, Refused

State = Literal["planned", "running", "done", "failed", "stopped"]

PLANS_HOLD = timedelta(hours=24)
TOO_MANY_FAILED = 0.1
"""The share of what was tried from which on a run ends by itself; of fewer than ten, two."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """Something that an owner offers: which items there are right now, and what is done to each."""

    name: str
    about: str
    items: Callable[[], Sequence[str]]
    do: Callable[[str], None]


class Run(BaseModel):
    """A plan and what becomes of it, as it is told."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    task: str
    plan: str
    says: str
    state: State = "planned"
    count: int
    done: int = 0
    failed: int = 0
    good_until: datetime


class Start(Lifting):
    """What comes with a request to start: no more than was approved may be done."""

    plan: str = Field(min_length=1, max_length=100)
    at_most: StrictInt = Field(ge=1)


@dataclass(kw_only=True)
class _Held:
    run: Run
    items: tuple[str, ...]
    stop: threading.Event = field(default_factory=threading.Event)


class Jobs:
    """The tasks of one owner."""

    def __init__(self, jobs: Sequence[Job] = (), *, now: Callable[[], datetime] = clock.now) -> None:
        self._jobs = {one.name: one for one in jobs}
        self._held: dict[str, _Held] = {}
        self._whole, self._numbers, self._now = threading.RLock(), count(1), now
        self._began = f"{now():%Y%m%dT%H%M%S}"
        """Part of the names of plans: one from before a restart is never taken for a new one."""

    def plan(self, name: str) -> Run:
        """What would be done now. Nothing is."""
        job = self._job(name)
        items = tuple(job.items())
        plan = f"{name}-{self._began}-{next(self._numbers)}"
        run = Run(task=name, plan=plan, says=job.about, count=len(items), good_until=self._now() + PLANS_HOLD)
        with self._whole:
            old = [key for key, one in self._held.items() if one.run.good_until + PLANS_HOLD < self._now()]
            for key in old:
                del self._held[key]
            self._held[plan] = _Held(run=run, items=items)
        return run

    def read(self, name: str, plan: str) -> Run:
        """How far a plan has come."""
        return self._one(name, plan).run

    def start(self, name: str, asked: Start) -> Run:
        """Do what the plan counted; once, however often it is asked."""
        with self._whole:
            held = self._one(name, asked.plan)
            if held.run.state != "planned":
                return held.run
            if held.run.good_until < self._now():
                raise Refused(412, "changed", f"The plan {asked.plan} is no longer good; make another.")
            if held.run.count > asked.at_most:
                raise Refused(422, "refused", f"{asked.plan} is about {held.run.count}, more than {asked.at_most}.")
            self._note(held, state="running")
            threading.Thread(target=self._carry_out, args=(self._job(name), held), daemon=True).start()
            return held.run

    def stop(self, name: str, plan: str) -> Run:
        """Do no further item; what is planned is never started."""
        with self._whole:
            held = self._one(name, plan)
            held.stop.set()
            if held.run.state in {"planned", "running"}:
                self._note(held, state="stopped")
            return held.run

    def _carry_out(self, job: Job, held: _Held) -> None:
        for item in held.items:
            if held.stop.is_set():
                return
            try:
                job.do(item)
            except Exception:  # noqa: BLE001 # whatever an owner's code raises is one item that failed
                self._note(held, failed=held.run.failed + 1)
            else:
                self._note(held, done=held.run.done + 1)
            tried = held.run.done + held.run.failed
            if held.run.failed > max(1, tried * TOO_MANY_FAILED):
                self._note(held, state="failed")
                return
        with self._whole:
            if not held.stop.is_set():
                self._note(held, state="done")

    def _note(self, held: _Held, **changed: object) -> None:
        with self._whole:
            held.run = held.run.model_copy(update=changed)

    def _job(self, name: str) -> Job:
        if name not in self._jobs:
            raise Refused(404, "unknown", f"There is no task {name}.")
        return self._jobs[name]

    def _one(self, name: str, plan: str) -> _Held:
        self._job(name)
        with self._whole:
            held = self._held.get(plan)
        if held is None or held.run.task != name:
            raise Refused(404, "unknown", f"There is no plan {plan} of {name}.")
        return held
