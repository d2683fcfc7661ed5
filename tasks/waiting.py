"""Waiting for a condition, with a deadline."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from journal import clock


def until(holds: Callable[[], bool], *, within: timedelta, every: timedelta = timedelta(milliseconds=100)) -> bool:
    """Ask until the condition holds or the time is up; whether it held. It is always asked at least once."""
    deadline = clock.monotonic() + within.total_seconds()
    while not holds():
        remaining = deadline - clock.monotonic()
        if remaining <= 0:
            return False
        clock.sleep(min(every.total_seconds(), remaining))
    return True
