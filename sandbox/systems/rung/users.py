"""Users of the database whose answers are slow, as the base of the faults that make them so.

What they suffer is what they measure themselves; whether a runbook has helped is read from there.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, LiteralString

from psycopg import sql

from sandbox.client_load import ClientLoad
from sandbox.database import Address, as_admin, end_sessions
from sandbox.faults.fault import AwsFault, Scene
from sandbox.tables import drop_added

APPLICATION = "rung-web"
TOO_SLOW_MS = 100
"""In practice an answer that takes longer makes a user suffer."""

LONG_ENOUGH = 0.6
"""Seconds that a statement which computes lasts where nobody else does: a symptom that is there at every second look is
none, whatever the machine. It ends often enough to be counted, which is done once a second at most."""

TABLES = ("clients", "sessions", "clinical_briefs", "audit_logs", "couple_links")

REFRESHED: LiteralString = "VACUUM (ANALYZE) clients, sessions, clinical_briefs, audit_logs, couple_links"
"""Statistics as they are in good times, whatever earlier faults have left behind."""


@dataclass(kw_only=True)
class QueryFault(AwsFault):
    """A fault that makes users wait for the database. `clients`: how many users ask, each with `think` s between."""

    in_earnest: ClassVar[bool] = True
    clients: int = 2
    think: float = 0.1
    users: ClientLoad | None = field(default=None, init=False, repr=False)

    @property
    @abstractmethod
    def statement(self) -> str:
        """What users ask."""

    @abstractmethod
    def spoil(self, scene: Scene) -> None:
        """Make it slow."""

    @abstractmethod
    def repair(self, scene: Scene) -> None:
        """Undo that, and whatever a runbook did about it."""

    @property
    def conditions(self) -> Mapping[str, Any]:
        """Nothing in AWS is wrong."""
        return {}

    def start(self, scene: Scene) -> None:
        """Spoil, then let the users come."""
        super().start(scene)
        self.spoil(scene)
        self.users = self.ask(scene)

    def ask(self, scene: Scene) -> ClientLoad:
        """The users, asking."""
        return ClientLoad(
            "querying",
            home=scene.home,
            name=f"users-{type(self).__name__.lower()}",
            lives_for=self.lives_for,
            dsn=scene.address.dsn("rung_app", application_name=APPLICATION),
            statement=self.statement,
            clients=self.clients,
            think=self.think,
        )

    def heal(self, scene: Scene) -> None:
        """Let the users go, then repair."""
        if self.users is not None:
            self.users.stop()
            end_sessions(scene.address, APPLICATION)
        self.repair(scene)
        super().heal(scene)

    def shows(self, scene: Scene) -> bool:
        """Whether users wait for too long, as they measure it."""
        return self.users is not None and self.latency_ms >= TOO_SLOW_MS

    @property
    def latency_ms(self) -> int:
        """What an answer takes now, ms; 0 when nobody asks."""
        return int(self.users.count().get("latency_ms", 0)) if self.users is not None else 0


def drop_added_indexes(address: Address) -> None:
    """Drop every index of rung's tables but the primary keys'."""
    drop_added(address, TABLES)


def quickest(address: Address, statement: str) -> float:
    """Seconds that a statement takes when nothing else keeps it waiting, as PostgreSQL says."""
    asked = sql.SQL("EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {}").format(sql.SQL(statement))  # pyright: ignore[reportArgumentType] # our own statement
    with as_admin(address) as connection:
        told = [connection.execute(asked).fetchone() for _ in range(3)]
    return min(one[0][0]["Execution Time"] for one in told if one is not None) / 1000
