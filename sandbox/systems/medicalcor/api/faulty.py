"""What faults of the API have in common: each goes on until somebody is paged, in turns as long as life allows."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from journal import clock
from sandbox.systems.medicalcor.api.process import ROUTES
from sandbox.systems.medicalcor.api.providers import LATE, recover
from sandbox.systems.medicalcor.fault import Fault
from sandbox.systems.medicalcor.parts import Parts
from sandbox.turns import SHORT, take

A_MINUTE: Final = 60.0
"""Seconds of a turn: Cloud Monitoring counts by minutes, so nobody sees more."""
UNTIL_TOLD: Final = timedelta(minutes=12)
"""From a fault to the alert: a whole window of ten minutes, and the minutes by which Cloud Monitoring is late."""
A_WHILE: Final = timedelta(minutes=20)
"""How long a slow spell lasts that ends by itself."""


@dataclass(kw_only=True)
class ApiFault(Fault):
    """A fault that users of the API notice. Its incident is as long as in life, in a time that costs nothing."""

    @abstractmethod
    def begins(self, parts: Parts) -> None:
        """Break it."""

    def start(self, parts: Parts) -> None:
        take(A_MINUTE)
        self.begins(parts)
        pass_by(UNTIL_TOLD)

    def heal(self, parts: Parts) -> None:
        take(SHORT)


@dataclass(kw_only=True)
class ScoringFault(ApiFault):
    """One for which the API has something else to say: no request fails, and what users get is worse."""

    def complaints(self, parts: Parts) -> Iterator[str]:
        asked = parts.api.asked()
        if asked is not None and any(asked.answer(one).failed for one in ROUTES * 2 if one.falls_back):
            yield "leads are scored by rules"


def stick(parts: Parts, name: str) -> None:
    """Let every breaker of a provider that there is stay open."""
    for process in parts.api.running():
        process.breakers[name].stuck = True


@dataclass(kw_only=True)
class ProviderLate(ApiFault):
    """One of those that the API calls answers late, until `lasts` is over; without that until somebody mends it."""

    name: str
    lasts: timedelta | None = None
    until: datetime | None = field(default=None, init=False)

    def begins(self, parts: Parts) -> None:
        parts.api.providers[self.name].seconds = LATE
        self.until = clock.now() + self.lasts if self.lasts is not None else None

    def live(self, parts: Parts) -> None:
        """It becomes quick again by itself."""
        if self.until is not None and clock.now() >= self.until:
            recover(parts.api.providers[self.name])


def pass_by(time: timedelta) -> None:
    """Let the world live for so long."""
    clock.sleep(time.total_seconds())
