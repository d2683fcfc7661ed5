"""What the overlay's services share: the names of this production, and the way to the world behind them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from journal import clock
from sandbox.overlay.cloud import Cloud


class Ask(Protocol):
    """Ask the world to do something real (restart PostgreSQL, scale a fleet) and wait until it has."""

    def __call__(self, verb: str, **body: object) -> Mapping[str, Any]:
        """Returns the world's answer; raises `WorkerFailed` when it could not."""
        ...


@dataclass(kw_only=True)
class Stage:
    """Filled from the world's order when the process starts."""

    account: str
    region: str
    system: str
    """What the system calls its database instance, its parameter group and its cluster."""
    cloud: Cloud
    engine_version: str
    port: int
    max_connections: int
    services: Mapping[str, Mapping[str, int]]
    """ECS services by name: `tasks` and, where they hold database connections, `pool_size`."""
    n8n: str
    """Where the world's n8n is, without a path."""
    ask: Ask
    tasks: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    """Tasks of ECS services that are not fleets of the world's (see `sandbox.overlay.containers`)."""
    running: dict[str, str] = field(default_factory=dict[str, str])
    """Static parameters the database runs with now, as opposed to what its parameter group says."""
    conditions: dict[str, Any] = field(default_factory=dict[str, Any])
    """What is wrong or special right now, by name: set by faults, read by simulators and services."""
    written: list[str] = field(default_factory=list[str])
    """Every call of the changing role that is not a look, such as `rds:RebootDBInstance`, in order."""

    def condition(self, name: str, usual: Any = None) -> Any:
        """A condition that a fault has set; `usual` when none has."""
        return self.conditions.get(name, usual)


def utcnow() -> datetime:
    """The moment as moto keeps moments: in UTC, without saying so."""
    return clock.now().replace(tzinfo=None)
