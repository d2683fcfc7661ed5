"""Sessions of a client of PostgreSQL that this process holds itself, in a world that lives by its rehearsal's time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final, LiteralString

import psycopg
from psycopg import sql

MOST: Final = 500
Session = psycopg.Connection[tuple[Any, ...]]


@dataclass(kw_only=True)
class Held:
    """Sessions of one client, by a connection string. What it says in each may name `{number}`, the session's own."""

    dsn: str = field(repr=False)
    sessions: list[Session] = field(default_factory=list[Session], init=False, repr=False)
    opened: int = field(default=0, init=False)

    def open(self, *statements: LiteralString, waits: LiteralString | None = None) -> bool:
        """One session more, and whether there was room for it. Nobody waits for the answer to what it `waits` for."""
        try:
            session = psycopg.connect(self.dsn, autocommit=True)
        except psycopg.OperationalError:
            return False
        self.opened += 1
        self.sessions.append(session)
        for statement in statements:
            session.execute(sql.SQL(statement).format(number=self.opened))
        if waits is not None:
            session.pgconn.send_query(waits.encode())
        return True

    def fill(self, *statements: LiteralString, waits: LiteralString | None = None, most: int = MOST) -> None:
        """Open sessions until there is no room, or there are as many as may be."""
        while len(self.sessions) < most and self.open(*statements, waits=waits):
            pass

    def say(self, statement: LiteralString) -> None:
        """Say something in each; those that were ended are forgotten."""
        for session in list(self.sessions):
            try:
                session.execute(statement)
            except psycopg.OperationalError:
                self._give_back(session)

    def forget_answered(self) -> int:
        """Give back those whose answer has come, or that were ended, and say how many."""
        before = len(self.sessions)
        for session in list(self.sessions):
            try:
                session.pgconn.consume_input()
                waits = session.pgconn.is_busy()
            except psycopg.OperationalError:
                waits = False
            if not waits:
                self._give_back(session)
        return before - len(self.sessions)

    def shrink(self, to: int) -> None:
        """Give back what is more than so many."""
        for session in self.sessions[max(to, 0) :]:
            self._give_back(session)

    def close(self) -> None:
        """Give all of them back."""
        self.shrink(0)

    def _give_back(self, session: Session) -> None:
        session.close()
        self.sessions.remove(session)
