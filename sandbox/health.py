"""How the world really is, read from the world: real clients try to connect, the server counts its slots."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import psycopg

from journal import clock
from sandbox.database import Address, Slots, read_slots
from sandbox.refusal import TOO_MANY_CONNECTIONS, is_slot_refusal

ATTEMPTS = 3
FRESH = "sandbox-fresh"


@dataclass(frozen=True, kw_only=True)
class Health:
    """One look at the world.

    `slots_taken` counts the sessions of everybody but the provider. `sessions` has the sessions each running fault
    holds, `waiting` the clients of each that want one and have none.
    """

    at: datetime
    attempts: int
    connected: int
    refusals: tuple[str, ...]
    """SQLSTATEs of the attempts that failed; `08006` when nobody answered."""
    slots_taken: int
    max_connections: int
    reserved: int
    sessions: Mapping[str, int]
    waiting: Mapping[str, int]

    @property
    def healthy(self) -> bool:
        """Every fresh client connects and no fault is running."""
        return self.connected == self.attempts and not self.sessions

    @property
    def saturated(self) -> bool:
        """No fresh client connects, for want of slots."""
        return self.connected == 0 and set(self.refusals) == {TOO_MANY_CONNECTIONS}

    @property
    def share(self) -> float:
        """Slots taken, of all there are."""
        return self.slots_taken / self.max_connections


def try_fresh_clients(address: Address, attempts: int = ATTEMPTS) -> tuple[str, ...]:
    """Connect as the application, `attempts` times, one after another; the SQLSTATE of each refusal."""
    refusals: list[str] = []
    for _ in range(attempts):
        try:
            psycopg.connect(address.dsn(address.roles.application, application_name=FRESH), autocommit=True).close()
        except psycopg.OperationalError as error:
            refusals.append(TOO_MANY_CONNECTIONS if is_slot_refusal(error) else "08006")
    return tuple(refusals)


def look(
    address: Address, *, sessions: Mapping[str, int], waiting: Mapping[str, int], attempts: int = ATTEMPTS
) -> Health:
    """One look; `psycopg.OperationalError` when the database is down altogether."""
    slots: Slots = read_slots(address)
    refusals = try_fresh_clients(address, attempts)
    return Health(
        at=clock.now(),
        attempts=attempts,
        connected=attempts - len(refusals),
        refusals=refusals,
        slots_taken=slots.taken,
        max_connections=slots.max_connections,
        reserved=slots.reserved,
        sessions=sessions,
        waiting=waiting,
    )
