"""This process as the engine: a step is a call, a suspension ends the pass, what is handed over waits its turn."""

from __future__ import annotations

import uuid
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future
from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar
from typing import Any, Generic, ParamSpec, TypeVar

from blocks.environment import Environment
from blocks.saved import NotSaved
from journal import clock
from journal.store import Journal
from runbook import Temporary
from tasks.engine import Run, Step

A = ParamSpec("A")
R = TypeVar("R")
E = TypeVar("E", bound=Environment)


class Suspended(BaseException):  # not an error: it ends a pass, past every `except Exception`
    """The pass waits for a person."""


class AtOnce(Executor):
    """Does what is submitted there and then, one after another, so that a rehearsal is the same every time."""

    def submit(self, fn: Callable[A, R], /, *args: A.args, **kwargs: A.kwargs) -> Future[R]:
        """Do it now."""
        future: Future[R] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as fault:  # noqa: BLE001 # whoever asks for the result hears it
            future.set_exception(fault)
        return future


class Call(Generic[R]):
    """A step: a call that is tried again after something temporary, with the pauses of the real one."""

    def __init__(self, do: Callable[[], R], *, retries: int, pauses: tuple[float, ...]) -> None:
        self._do, self._retries, self._pauses = do, retries, pauses

    def __call__(self) -> R:
        """Do it."""
        token = _TASK.set(str(uuid.uuid4()))
        try:
            for attempt in range(self._retries + 1):
                try:
                    return self._do()
                except Temporary:
                    if attempt == self._retries:
                        raise
                    clock.sleep(self._pauses[min(attempt, len(self._pauses) - 1)])
            raise AssertionError("a step is done at least once")
        finally:
            _TASK.reset(token)

    def submit(self) -> Future[R]:
        """Do it now; its answer can be asked for later."""
        return AtOnce().submit(self.__call__)


_TASK: ContextVar[str | None] = ContextVar("_TASK", default=None)
_RUN: ContextVar[Run | None] = ContextVar("_RUN", default=None)


class ProcessEngine:
    """Carries the pipeline in this process. `environments` are the saved ones; the journal stays open.

    `turn` says how long, in seconds, nothing in the world changes; for a world that lives all the time, not at all.
    """

    def __init__(
        self, environments: Mapping[str, Environment], journal: Journal, turn: Callable[[], float] = float
    ) -> None:
        self._environments, self._journal, self._turn = environments, journal, turn
        self._keys: dict[str, str] = {}
        self._drawn: set[str] = set()
        self.waiting: deque[tuple[str, Run, Mapping[str, Any]]] = deque()
        """Runs that were started and have not begun: deployment, run, parameters."""

    def use(self, environments: Mapping[str, Environment]) -> None:
        """Have these saved from now on."""
        self._environments = environments

    def during(self, run: Run, do: Callable[[], object]) -> bool:
        """Carry one pass of a run; whether it ended, and does not wait for a person."""
        token = _RUN.set(run)
        try:
            do()
        except Suspended:
            return False
        finally:
            _RUN.reset(token)
        return True

    def step(self, name: str, do: Callable[[], R], *, shown: str, retries: int, pauses: tuple[float, ...]) -> Step[R]:
        """A call."""
        return Call(do, retries=retries, pauses=pauses)

    def threads(self, count: int, name: str) -> Executor:
        """None: looks are taken one after another."""
        return AtOnce()

    def run(self) -> Run | None:
        """The run whose pass this is."""
        return _RUN.get()

    def task_run(self) -> str | None:
        """The step that we are in."""
        return _TASK.get()

    def journal(self) -> AbstractContextManager[Journal]:
        """The one it was made with: opening it anew for each pass would compile every statement again."""
        return nullcontext(self._journal)

    def tag(self, run: str, tags: list[str]) -> None:
        """Nobody looks for runs here."""

    def show(self, key: str, markdown: str, description: str) -> None:
        """Nobody looks at documents here."""

    def unchanged_for(self) -> float:
        """A turn of the world, where it lives by turns."""
        return self._turn()

    def draws(self, runbook: str) -> bool:
        """The first of each runbook is: nobody looks at pages here, and each costs as much as all its readings."""
        first = runbook not in self._drawn
        self._drawn.add(runbook)
        return first

    def suspend(self, form: type[Any] | None, *, key: str, seconds: int) -> None:
        """End the pass."""
        raise Suspended

    def start(self, deployment: str, params: Mapping[str, Any], *, key: str, tags: list[str]) -> str:
        """Put the other runbook in line, once."""
        if key not in self._keys:
            run = Run(id=str(uuid.uuid4()), tags=tuple(tags), starter="codeblue")
            self._keys[key] = run.id
            self.waiting.append((deployment, run, {"params": params}))
        return self._keys[key]

    def environment(self, kind: type[E], name: str) -> E:
        """One of those it was made with."""
        found = self._environments.get(name)
        if not isinstance(found, kind):
            raise NotSaved(f"No environment {name!r} is saved as {kind.get_block_type_name()}.")
        return found
