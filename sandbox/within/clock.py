"""Time that stands still until somebody sleeps; then the world lives until the sleeper wakes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from journal.clock import Machine
from sandbox.turns import turn_seconds

MOMENT = 0.02
"""Seconds that a sleep takes in earnest, at most: for what is real, such as clients of PostgreSQL."""


IN_EARNEST = 10.0
"""Seconds that a sleep takes at most where others live by the machine's time: longer than one look compares.

The rest passes as it does elsewhere, so no drill waits for minutes when a look at length just misses what it looks for.
"""

REMEMBERED = 3600.0
"""Seconds: of what is longer ago nothing is looked at, so of a sleep of days only the last hour is lived."""


class PracticeClock:
    """Begins at the moment it is made. `live` is called at every turn (`sandbox.turns`) of its time."""

    def __init__(self, *, live: Callable[[], None]) -> None:
        self._began = Machine().now()
        self._passed = 0.0
        self._live = live
        self._lock = threading.RLock()
        self.in_earnest = False
        """Whether a sleep takes its time, because those who are looked at live by the machine's time."""

    def now(self) -> datetime:
        """The moment, in UTC."""
        return self._began + timedelta(seconds=self._passed)

    def monotonic(self) -> float:
        """Seconds since it was made."""
        return self._passed

    def sleep(self, seconds: float) -> None:
        """Let the world live for so long."""
        Machine().sleep(min(max(seconds, 0.0), IN_EARNEST if self.in_earnest else MOMENT))
        with self._lock:
            until = self._passed + max(seconds, 0.0)
            every = turn_seconds()
            self._passed = max(self._passed, until - REMEMBERED)
            while (turn := (self._passed // every + 1) * every) <= until:
                self._passed = turn
                self._live()
            self._passed = until
