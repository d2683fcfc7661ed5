"""Users of a world's database whose answers are slow, as the base of the faults that make them so.

They live by the rehearsal's time: at each of its turns whoever has an answer asks again, and another user asks for
little. What they suffer is what they wait for.
"""

from __future__ import annotations

import select
from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, LiteralString

import psycopg
from psycopg import sql

from journal import clock
from journal.clock import Machine
from sandbox.database import Address, as_admin
from sandbox.held import Session
from sandbox.tables import drop_added, run
from sandbox.turning.fault import Fault
from sandbox.turning.sessions import W

MACHINE: Final = Machine()
PATIENCE: Final = 0.2
"""Seconds of the machine for which a user waits for an answer without suffering."""

RELOADED: Final = 2.0
"""Seconds of the rehearsal after which whoever has no answer asks again: what is mended since is quick."""

COUNTED: LiteralString = "SELECT pg_stat_force_next_flush()"
"""A server counts what a session did at most once a second, unless it is asked to."""


@dataclass(kw_only=True)
class SlowQuestion(Fault[W]):
    asking: Session | None = field(default=None, init=False, repr=False)
    glancing: Session | None = field(default=None, init=False, repr=False)
    asked: float = field(default=0.0, init=False)

    @property
    @abstractmethod
    def visitor(self) -> str:
        """What the sessions of whoever asks call themselves."""

    @property
    @abstractmethod
    def tables(self) -> tuple[str, ...]:
        """Every table, whose statistics are refreshed."""

    @property
    @abstractmethod
    def question(self) -> LiteralString:
        """What a user asks who waits for long."""

    @property
    @abstractmethod
    def glance(self) -> LiteralString:
        """What a user asks of the same tables who waits for a moment."""

    @abstractmethod
    def spoil(self, parts: W) -> None:
        """Make it slow."""

    def start(self, parts: W) -> None:
        """Spoil, then let the users come."""
        self.spoil(parts)
        address = parts.postgres.address
        dsn = address.dsn(address.roles.application, application_name=self.visitor)
        self.asking, self.glancing = (psycopg.connect(dsn, autocommit=True) for _ in range(2))
        clock.sleep(2 * RELOADED)  # they ask at turns, when the server knows the time

    def live(self, parts: W) -> None:
        """Ask, again where the answer has come."""
        if self.asking is None or self.glancing is None:
            return
        # First, since the practice clock stands still meanwhile and the server's does not.
        if _comes(self.asking, 0) or clock.monotonic() - self.asked >= RELOADED:
            self.answered()
        self.glancing.execute(self.glance)
        self.glancing.execute(COUNTED)

    def complaints(self, parts: W) -> Iterator[str]:
        """Whether whoever asks waits for too long."""
        if not self.answered():
            yield "pages take too long to open"

    def answered(self) -> bool:
        """Ask anew, whatever was asked before, and say whether the answer comes at once."""
        if self.asking is None:
            return True
        if not _comes(self.asking, 0):
            self.asking.cancel_safe()
            _comes(self.asking, PATIENCE)
        self.asked = clock.monotonic()
        self.asking.pgconn.send_query(self.question.encode())
        return _comes(self.asking, PATIENCE)

    def heal(self, parts: W) -> None:
        """Let the users go, then put everything right that was spoilt, and whatever a runbook did about it."""
        for one in (self.asking, self.glancing):
            if one is not None:
                one.cancel_safe()
                one.close()
        self.asking = self.glancing = None
        drop_added(parts.postgres.address, self.tables)
        run(parts.postgres.address, *self.repairs)
        refresh(parts.postgres.address, self.tables)

    @property
    def repairs(self) -> tuple[LiteralString, ...]:
        """What puts the tables right."""
        return ()


def refresh(address: Address, tables: tuple[str, ...]) -> None:
    """Statistics as they are in good times, whatever earlier faults have left behind."""
    with as_admin(address) as connection:
        connection.execute(sql.SQL("VACUUM (ANALYZE) {}").format(sql.SQL(", ").join(map(sql.Identifier, tables))))


def _comes(session: Session, patience: float) -> bool:
    """Whether no answer is awaited, within so many seconds of the machine."""
    connection, until = session.pgconn, MACHINE.monotonic() + patience
    while True:
        connection.consume_input()
        while not connection.is_busy():
            if connection.get_result() is None:
                return True
        if (left := until - MACHINE.monotonic()) <= 0:
            return False
        select.select([connection.socket], [], [], left)
