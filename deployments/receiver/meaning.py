"""Which system an alert means: what its labels name, beside what is installed and saved. `routing` asks first.

A label `system` names one. A label `environment` does by the kind under which that environment is saved, by a runbook
that works on it when nothing else is said, or by beginning with the system's name. An alert that names neither may mean
each system; one that names what nobody knows means none, and is never guessed.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field

from deployments.receiver.choosing import chosen
from deployments.receiver.inbox_queries import UNKNOWN_PLACE

SYSTEM, ENVIRONMENT = "system", "environment"
"""The labels that name where an alert belongs."""

_FRESH = 15.0
"""Seconds for which what Prefect said of its saved environments counts as how it is."""
_WAIT = 0.5
"""Seconds that alerts wait for that answer; a slow Prefect must not hold up those that need it not."""

Saved = Callable[[str], Collection[str] | None]
"""The systems under whose kind an environment of this name is saved; `None` while that cannot be said."""


@dataclass(frozen=True, kw_only=True)
class NoRoute:
    """The alert starts nothing. `instead` stands in the inbox where the incident would; empty: ask again later."""

    instead: str
    why: str


@dataclass(frozen=True, kw_only=True)
class Systems:
    """The installed systems. `works_on` has those of each environment that some runbook works on by itself."""

    names: frozenset[str] = frozenset()
    works_on: Mapping[str, Collection[str]] = field(default_factory=dict[str, Collection[str]])
    saved: Saved = lambda _name: ()

    def meant(self, labels: Mapping[str, str]) -> frozenset[str] | NoRoute:
        """The systems that an alert with these labels can mean, at least one; or why there is none."""
        system = labels.get(SYSTEM, "").strip()
        if system and system not in self.names:
            return NoRoute(instead=UNKNOWN_PLACE, why=f"no system {system[:60]!r} is installed")
        able = frozenset({system}) if system else self.names
        # One that can be no environment's name chooses none, and the incident says so.
        environment = chosen({ENVIRONMENT: ENVIRONMENT}, labels)[0].get(ENVIRONMENT)
        if environment is None:
            return able
        of = self._of(environment)
        if of is None:
            return NoRoute(instead="", why=f"Prefect has not said yet whether {environment[:60]!r} is saved")
        if not of:
            return NoRoute(instead=UNKNOWN_PLACE, why=f"no environment {environment[:60]!r} is known")
        if able.isdisjoint(of):
            return NoRoute(instead=UNKNOWN_PLACE, why=f"the environment {environment[:60]!r} is not one of {system}")
        return able & of

    def _of(self, environment: str) -> frozenset[str] | None:
        """The systems that may have this environment: as it is saved, else as it is called; `None`: not known yet."""
        saved = self.saved(environment)
        found: frozenset[str] = frozenset()
        for hint in (saved or (), self.works_on.get(environment, ()), self._called(environment)):
            hinted = self.names.intersection(hint)
            found = (found & hinted) or found or hinted  # the first that says anything counts; later ones narrow it
        return found if found or saved is not None else None

    def _called(self, environment: str) -> Collection[str]:
        begun = [name for name in self.names if environment.startswith(f"{name.replace('_', '-')}-")]
        return [max(begun, key=len)] if begun else ()


class SavedEnvironments:
    """What is saved at Prefect, remembered for a moment. May be asked from several threads.

    `read` gives the systems by name of an environment. While Prefect does not answer, what it said last is used for
    names that it knew; of others nothing is known.
    """

    def __init__(
        self, read: Callable[[], Mapping[str, Collection[str]]], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._read, self._clock = read, clock
        self._known: Mapping[str, Collection[str]] = {}
        self._asked: float | None = None
        self._asking: Future[None] | None = None
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="saved")

    def __call__(self, name: str) -> Collection[str] | None:
        """See `Saved`. Nobody waits for a name that is known already."""
        asking = self.refresh()
        with self._lock:
            if name in self._known:
                return self._known[name]
        if asking is not None:
            wait([asking], _WAIT)
        with self._lock:
            return self._known.get(name, () if self._fresh() else None)

    def refresh(self) -> Future[None] | None:
        """Ask Prefect, unless it was asked a moment ago; the answer, if it was asked by this call."""
        with self._lock:
            if self._fresh() or (self._asking is not None and not self._asking.done()):
                return None
            self._asking = self._pool.submit(self._ask)
            return self._asking

    def _fresh(self) -> bool:
        return self._asked is not None and self._clock() - self._asked < _FRESH

    def close(self) -> None:
        """Wait for nothing any more."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _ask(self) -> None:
        asked = self._clock()
        known = self._read()
        with self._lock:
            self._known, self._asked = known, asked
