"""What faults of Rastup do to its replica, and to its primary so that the replica has something to be late with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import psycopg

from sandbox.database import as_admin
from sandbox.process import wait_until
from sandbox.systems.rastup.application import LATE
from sandbox.systems.rastup.fault import Fault
from sandbox.systems.rastup.parts import Parts

WRITE: Final = "UPDATE messages SET state = state WHERE id <= %s"
ROWS: Final = 6000
"""All that there are: about a megabyte of WAL, which a replica replays row by row."""
BURST: Final = 16
MB: Final = 1024 * 1024
REPORT: Final = "rastup-reports"
WITHIN: Final = 30.0


def write(parts: Parts, times: int = 1, *, rows: int = ROWS) -> None:
    """Let the application write, and its replica receive it at once."""
    with as_admin(parts.postgres.address) as connection:
        connection.execute("SET synchronous_commit = local")
        for _ in range(times):
            connection.execute(WRITE, (rows,))


def wait_until_late(parts: Parts) -> None:
    """Return when users notice that the replica is late."""
    wait_until(
        lambda: parts.replica.late > 2 * LATE,
        seconds=WITHIN,
        failing=lambda: TimeoutError("the replica is not late"),
    )


@dataclass(kw_only=True)
class Reporting(Fault):
    """Somebody reports from the replica, by a query that keeps its snapshot for as long as it runs."""

    session: psycopg.Connection | None = field(default=None, init=False, repr=False)

    def report(self, parts: Parts) -> None:
        """Begin the report."""
        address = parts.replica.address
        self.session = psycopg.connect(address.dsn(address.roles.application, application_name=REPORT))
        self.session.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        self.session.execute("SELECT count(*) FROM messages")
        self.session.pgconn.send_query(b"SELECT pg_sleep(600)")

    def heal(self, parts: Parts) -> None:
        """End it."""
        if self.session is not None:
            self.session.cancel_safe()
            self.session.close()
