"""What the pipeline needs of whoever carries it: steps, a way to wait for people, other runbooks.

Prefect carries it in earnest (`tasks.engine_prefect`). A rehearsal may let its own process carry it instead, so that a
drill costs no server: the same pipeline, called from the top on each pass, on the same journal.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from concurrent.futures import Executor
from contextlib import AbstractContextManager, contextmanager
from contextvars import copy_context
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from blocks.environment import Environment
from journal.store import Journal

R_co = TypeVar("R_co", covariant=True)
R = TypeVar("R")
S = TypeVar("S")
E = TypeVar("E", bound=Environment)


class Awaited(Protocol[R_co]):
    """What a step that was submitted will answer."""

    def result(self, timeout: float | None = None) -> R_co:
        """The answer, or what the step raised; `TimeoutError` when it is late."""
        ...


class Step(Protocol[R_co]):
    """One look or act."""

    def __call__(self) -> R_co:
        """Do it, and wait."""
        ...

    def submit(self) -> Awaited[R_co]:
        """Do it beside others."""
        ...


@dataclass(frozen=True, kw_only=True)
class Run:
    """The flow run that works on an incident: its id, its tags, and who started it."""

    id: str
    tags: tuple[str, ...] = ()
    starter: str = ""


class Engine(Protocol):
    """Carries the pipeline."""

    def step(self, name: str, do: Callable[[], R], *, shown: str, retries: int, pauses: tuple[float, ...]) -> Step[R]:
        """A step around `do`, tried again after something temporary only. `shown` is its name for people."""
        ...

    def threads(self, count: int, name: str) -> Executor:
        """Where so many looks begin at once."""
        ...

    def run(self) -> Run | None:
        """The flow run that we are in, if any."""
        ...

    def task_run(self) -> str | None:
        """The id of the step that we are in, if any."""
        ...

    def journal(self) -> AbstractContextManager[Journal]:
        """The journal, open while a pass needs it."""
        ...

    def tag(self, run: str, tags: list[str]) -> None:
        """Make a run findable."""
        ...

    def show(self, key: str, markdown: str, description: str) -> None:
        """Show a document beside the run."""
        ...

    def unchanged_for(self) -> float:
        """Seconds in which nobody can see anything new: who looks again and again waits for so long at least."""
        ...

    def draws(self, runbook: str) -> bool:
        """Whether an incident of this runbook is also drawn as a page with charts, and not only written."""
        ...

    def suspend(self, form: type[Any] | None, *, key: str, seconds: int) -> None:
        """End this pass until a person has answered, or without a form until it is time to look; does not return."""
        ...

    def start(self, deployment: str, params: Mapping[str, Any], *, key: str, tags: list[str]) -> str:
        """Start another runbook, once per key; the id of its run. Raises `Permanent` where that can never be."""
        ...

    def environment(self, kind: type[E], name: str) -> E:
        """The saved environment. Raises `NotSaved` and `Unfit`."""
        ...


_IN_USE: list[Engine] = []
"""The last one counts; nothing stands for Prefect, which is imported when it is needed."""


def engine() -> Engine:
    """Who carries the pipeline in this process."""
    if not _IN_USE:
        from tasks.engine_prefect import PrefectEngine  # it knows the words above

        _IN_USE.append(PrefectEngine())
    return _IN_USE[-1]


def at_once(one: Callable[[], R], other: Callable[[], S]) -> tuple[R, S]:
    """Both answers, of two requests of one look that do not need each other. Raises what either raises."""
    with engine().threads(2, "ask") as threads:
        first, second = threads.submit(copy_context().run, one), threads.submit(copy_context().run, other)
        return first.result(), second.result()


@contextmanager
def carried_by(other: Engine) -> Generator[None]:
    """Let another engine carry the pipeline while the block runs."""
    engine()
    _IN_USE.append(other)
    try:
        yield
    finally:
        _IN_USE.remove(other)
