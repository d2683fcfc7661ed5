"""Users of MedicalCor's database whose answers are slow, as the base of the faults that make them so.

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

from journal.clock import Machine
from sandbox.held import Session
from sandbox.systems.medicalcor.fault import Fault
from sandbox.systems.medicalcor.parts import Parts
from sandbox.tables import drop_added, run

MACHINE: Final = Machine()
WEB: Final = "medicalcor-web"
PATIENCE: Final = 0.1
"""Seconds of the machine for which a user waits for an answer without suffering."""

BEFORE: Final = 3.0
"""Seconds of the machine that a question may take which was asked while it was slow."""

TABLES: Final = ("leads", "messages", "appointments", "domain_events")
REFRESHED: LiteralString = "VACUUM (ANALYZE) leads, messages, appointments, domain_events"
"""Statistics as they are in good times, whatever earlier faults have left behind."""

COUNTED: LiteralString = "SELECT pg_stat_force_next_flush()"
"""A server counts what a session did at most once a second, unless it is asked to."""


@dataclass(kw_only=True)
class SlowQuestion(Fault):
    asking: Session | None = field(default=None, init=False, repr=False)
    glancing: Session | None = field(default=None, init=False, repr=False)

    @property
    @abstractmethod
    def question(self) -> LiteralString:
        """What a user asks who waits for long."""

    @property
    @abstractmethod
    def glance(self) -> LiteralString:
        """What a user asks of the same tables who waits for a moment."""

    @abstractmethod
    def spoil(self, parts: Parts) -> None:
        """Make it slow."""

    def start(self, parts: Parts) -> None:
        """Spoil, then let the users come."""
        self.spoil(parts)
        address = parts.postgres.address
        dsn = address.dsn(address.roles.application, application_name=WEB)
        self.asking, self.glancing = (psycopg.connect(dsn, autocommit=True) for _ in range(2))
        self.live(parts)

    def live(self, parts: Parts) -> None:
        """Ask, again where the answer has come."""
        if self.asking is None or self.glancing is None:
            return
        self.glancing.execute(self.glance)
        self.glancing.execute(COUNTED)
        self.answered(0)

    def complaints(self, parts: Parts) -> Iterator[str]:
        """Whether whoever asks waits for too long; what was asked before it was mended may still be under way."""
        if self.asking is not None and not self.answered(BEFORE):
            yield "pages take too long to open"

    def answered(self, patience: float) -> bool:
        """Whether the answer to what was asked last has come, or that to what is asked then comes at once."""
        if self.asking is None:
            return True
        if not _comes(self.asking, patience):
            return False
        self.asking.pgconn.send_query(self.question.encode())
        return _comes(self.asking, PATIENCE)

    def heal(self, parts: Parts) -> None:
        """Let the users go, then put everything right that was spoilt, and whatever a runbook did about it."""
        for one in (self.asking, self.glancing):
            if one is not None:
                one.cancel_safe()
                one.close()
        self.asking = self.glancing = None
        drop_added(parts.postgres.address, TABLES)
        run(parts.postgres.address, *self.repairs, REFRESHED)

    @property
    def repairs(self) -> tuple[LiteralString, ...]:
        """What puts the tables right."""
        return ()


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
