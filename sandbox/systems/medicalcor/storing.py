"""What faults that fill the database's disk have in common: they store real rows, WAL or files until it is full.

What is stored is taken away again, so that the server is as large as before for whoever comes next.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Final, LiteralString

from psycopg import sql

from sandbox.database import as_admin
from sandbox.errors import FaultHasNoEffect
from sandbox.systems.medicalcor.api.faulty import ApiFault
from sandbox.systems.medicalcor.disk import USUAL
from sandbox.systems.medicalcor.parts import Parts
from sandbox.tables import WITHOUT_TRIGGERS, run

FILLED: Final = 0.975
"""Which share of the disk is used when somebody is told."""

ROW: Final = 2000
"""Bytes of a row that is stored: too few for PostgreSQL to press them together."""

LOOSE: LiteralString = "state LIKE 'stored%'"
"""What was stored in `messages` and `appointments`."""


@dataclass(kw_only=True)
class DiskFault(ApiFault):
    """A fault that fills the disk. `days`: it has done so evenly for days, and not within a moment."""

    days: bool = False

    def begins(self, parts: Parts) -> None:
        parts.disk.watched = True
        self.prepare(parts)
        for _ in range(6):
            if (lacks := parts.disk.lacks(FILLED)) <= 0:
                break
            self.store(parts, lacks)
        if parts.disk.share < FILLED - 0.01:
            raise FaultHasNoEffect(f"The disk is {parts.disk.share:.0%} full; it was to be full by now.")
        if self.days:
            parts.disk.grown_from(USUAL)

    def prepare(self, parts: Parts) -> None:
        """What is done before anything is stored."""

    @abstractmethod
    def store(self, parts: Parts, size: int) -> None:
        """Store about so many bytes more."""

    def heal(self, parts: Parts) -> None:
        super().heal(parts)
        self.clear(parts)

    @abstractmethod
    def clear(self, parts: Parts) -> None:
        """Take away what was stored; called also when a person has done so already."""


def put(parts: Parts, size: int, *statements: LiteralString) -> None:
    """Store rows by statements that take turns, each with `{rows}`."""
    rows = max(1, size // (ROW * len(statements)))
    with as_admin(parts.postgres.address) as connection:
        for statement in (WITHOUT_TRIGGERS, *statements):
            connection.execute(sql.SQL(statement).format(rows=sql.Literal(rows)))


def take_away(parts: Parts, *conditions: tuple[LiteralString, LiteralString]) -> None:
    """Delete rows of tables, and give their space back."""
    for table, condition in conditions:
        run(parts.postgres.address, WITHOUT_TRIGGERS + "DELETE FROM " + table + " WHERE " + condition)
        run(parts.postgres.address, "VACUUM (ANALYZE) " + table)
