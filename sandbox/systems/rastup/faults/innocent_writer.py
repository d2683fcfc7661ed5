"""A job at work holds the rows that everybody waits for; another one, that nobody waits for, holds rows as well."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, LiteralString

import psycopg

from journal import clock
from sandbox.database import as_admin
from sandbox.errors import SandboxError
from sandbox.held import Held
from sandbox.systems.rastup.faults.lock_contention import LockContention
from sandbox.systems.rastup.parts import Parts
from sandbox.turning.sessions import RIPE

IMPORTER: Final = "rastup-importer"
OTHERS: Final = 2

BY_KIND_ALONE: LiteralString = """
SELECT DISTINCT blocking.pid
FROM pg_stat_activity blocked
JOIN pg_locks blocked_locks ON blocked.pid = blocked_locks.pid
JOIN pg_locks blocking_locks ON blocked_locks.locktype = blocking_locks.locktype
JOIN pg_stat_activity blocking ON blocking_locks.pid = blocking.pid
WHERE NOT blocked_locks.granted AND blocking_locks.granted
"""
"""What the page asks (`rastup.c405`): whoever holds any lock of a kind that somebody waits for."""


@dataclass(kw_only=True)
class InnocentWriter(LockContention):
    innocent: Held | None = field(default=None, init=False, repr=False)
    others: Held | None = field(default=None, init=False, repr=False)
    """More users who wait: the guilty one works as well, so a single one would be half of what is slow."""

    @property
    def works(self) -> LiteralString | None:
        """The guilty one is at work, so the innocent one looks worse: its transaction is older, and it does nothing."""
        return "SELECT pg_sleep(1800)"

    def spoil(self, parts: Parts) -> None:
        """Let the innocent one come first."""
        address = parts.postgres.address
        self.innocent = Held(dsn=address.dsn(address.roles.application, application_name=IMPORTER))
        self.innocent.open("BEGIN", "UPDATE messages SET state = state WHERE id <= 100")
        super().spoil(parts)

    def start(self, parts: Parts) -> None:
        """Raises `SandboxError` where the page's own query would not name the innocent one."""
        super().start(parts)
        address = parts.postgres.address
        self.others = Held(dsn=address.dsn(address.roles.application, application_name=self.visitor))
        for _ in range(OTHERS):
            self.others.open(waits=self.question)
        clock.sleep(RIPE)
        with as_admin(parts.postgres.address) as connection:
            named = {pid for (pid,) in connection.execute(BY_KIND_ALONE).fetchall()}
        if self.innocent is None or self.innocent.sessions[0].info.backend_pid not in named:
            raise SandboxError(f"The page's query names {named}, and nobody innocent among them.")

    def complaints(self, parts: Parts) -> Iterator[str]:
        """Also whoever waits for what the innocent one writes."""
        yield from super().complaints(parts)
        if self.innocent is not None and not _lives(self.innocent):
            yield "an import was lost"

    def heal(self, parts: Parts) -> None:
        """End both, and let who waits go."""
        if self.innocent is not None:
            self.innocent.close()
        if self.others is not None:
            for session in self.others.sessions:
                session.cancel_safe()
            self.others.close()
        if self.job is not None:
            for session in self.job.sessions:
                session.cancel_safe()
        super().heal(parts)


def _lives(held: Held) -> bool:
    try:
        return all(session.execute("SELECT 1") for session in held.sessions)
    except psycopg.OperationalError:
        return False
