"""Repeats in a storm: the first few of a problem are told in its incident, later ones only counted. `dispatch` asks.

Every alert stays in the inbox beside its incident, told or not. This is only a memory of one process: forgetting it
tells one repeat more.
"""

from __future__ import annotations

import time
from collections.abc import Callable

TOLD = 5
"""So many repeats of one problem are told in its incident within `WINDOW`."""
WINDOW = 60.0
"""Seconds."""
_REMEMBERED = 10_000


class RepeatThrottle:
    """Which problems repeat so fast that nobody needs to read of each. Used by the dispatcher's thread only."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._told: dict[str, tuple[str, float, int]] = {}
        """By fingerprint: the incident, since when, and how often it was told."""

    def told(self, fingerprint: str, incident: str) -> None:
        """An alert of this problem opened or joined the incident, and the incident says so."""
        known, since, count = self._told.get(fingerprint, (incident, self._clock(), 0))
        if known != incident or self._clock() - since > WINDOW:
            since, count = self._clock(), 0
        if len(self._told) >= _REMEMBERED:
            self._told.clear()
        self._told[fingerprint] = incident, since, count + 1

    def counts_for(self, fingerprint: str) -> str | None:
        """The incident that a repeat is only counted for; nothing for one that is to be told."""
        incident, since, count = self._told.get(fingerprint, ("", 0.0, 0))
        return incident if count >= TOLD and self._clock() - since <= WINDOW else None

    def forget(self, fingerprint: str) -> None:
        """Its incident closed, or its problem ended."""
        self._told.pop(fingerprint, None)
