"""Those whom the API calls, and the circuit breakers that it keeps before them, one in each process."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from journal import clock
from sandbox.systems.medicalcor.api.refusals import UNAVAILABLE, Refusal, refusal

IN_A_ROW: Final = 5
"""Failed calls after which a breaker opens."""
OPEN_FOR: Final = timedelta(seconds=30)
"""Then one call is let through."""

QUICK: Final = 0.12
LATE: Final = 8.0
"""Seconds for an answer, in usual times and in bad ones."""

State = Literal["CLOSED", "OPEN", "HALF_OPEN"]
Indicator = Literal["none", "minor", "major", "critical"]


@dataclass(kw_only=True)
class Provider:
    """One of them: which share of calls fail and how, how long a call takes, and what its public page says."""

    name: str
    fails: float = 0.0
    way: str = UNAVAILABLE
    seconds: float = QUICK
    page: Indicator = "none"
    due: float = field(default=0.0, repr=False)

    @property
    def refuses(self) -> Refusal:
        return refusal(self.name, self.way)

    def call(self) -> bool:
        """Whether one call succeeds: as many fail as are said to, evenly."""
        self.due += self.fails
        if self.due < 1:
            return True
        self.due -= 1
        return False

    def told(self) -> dict[str, Any]:
        """Its status page, in the form that Statuspage publishes."""
        state = {"none": "operational", "minor": "degraded_performance"}.get(self.page, "major_outage")
        return {
            "page": {"id": "practice", "name": self.name, "url": "http://127.0.0.1", "time_zone": "Etc/UTC"},
            "status": {"indicator": self.page, "description": "as practised"},
            "components": [{"id": "api", "name": "API", "status": state}],
            "incidents": [],
            "scheduled_maintenances": [],
        }


def fail(provider: Provider, way: str = UNAVAILABLE, *, share: float = 1.0, page: Indicator = "major") -> None:
    """Let such a share of the calls of one of them fail in a way that it publishes; its page may lag behind."""
    provider.way, provider.fails, provider.page = way, share, page
    _ = provider.refuses  # a way that it does not know is refused here


def recover(provider: Provider) -> None:
    """Let it work again, as its own people do."""
    provider.fails, provider.page, provider.seconds = 0.0, "none", QUICK


@dataclass(kw_only=True)
class Breaker:
    """Keeps a process from calling whoever has failed too often in a row."""

    provider: Provider
    failed: int = 0
    opened: datetime | None = None
    calls: int = 0
    failures: int = 0
    stuck: bool = False
    """It stays open, whatever becomes of calls."""

    @property
    def state(self) -> State:
        if self.stuck:
            return "OPEN"
        if self.opened is None:
            return "CLOSED"
        return "HALF_OPEN" if clock.now() - self.opened >= OPEN_FOR else "OPEN"

    def call(self) -> Literal["done", "failed", "not tried"]:
        """Call, unless it is open; what becomes of it opens or closes it."""
        if self.state == "OPEN":
            return "not tried"
        self.calls += 1
        if self.provider.call():
            self.failed, self.opened = 0, None
            return "done"
        self.failures, self.failed = self.failures + 1, self.failed + 1
        if self.failed >= IN_A_ROW:
            self.opened = clock.now()
        return "failed"

    def told(self) -> dict[str, Any]:
        succeeded = self.calls - self.failures
        return {
            "name": self.provider.name,
            "state": self.state,
            "failures": self.failed,
            "totalRequests": self.calls,
            "totalFailures": self.failures,
            "totalSuccesses": succeeded,
            "successRate": round(100 * succeeded / self.calls, 1) if self.calls else 100,
        }
