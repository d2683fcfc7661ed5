"""What time it is, and how to wait: the only place below the stack that asks the machine.

Every room asks here, so that a rehearsal can put another clock in the machine's place and let an hour pass at once.
Ruff refuses `datetime.now`, `time.sleep` and their like elsewhere.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """A source of time."""

    def now(self) -> datetime:
        """The moment, in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that only ever grow, to measure how long something takes."""
        ...

    def sleep(self, seconds: float) -> None:
        """Return when so much time has passed."""
        ...


class Machine:
    """The clock of this machine."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


_IN_USE: list[Clock] = [Machine()]
"""The last one counts, for every thread of the process."""


def now() -> datetime:
    """The moment, in UTC."""
    return _IN_USE[-1].now()


def monotonic() -> float:
    """Seconds that only ever grow, to measure how long something takes."""
    return _IN_USE[-1].monotonic()


def sleep(seconds: float) -> None:
    """Return when so much time has passed."""
    _IN_USE[-1].sleep(seconds)


@contextmanager
def use(clock: Clock) -> Generator[None]:
    """Let this process live by another clock while the block runs."""
    _IN_USE.append(clock)
    try:
        yield
    finally:
        _IN_USE.remove(clock)
