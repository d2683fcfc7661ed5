"""Clients that open sessions and never give them back: idle, in an open transaction, or in a query that does not end.

They go on opening until there is no slot left, as a leak does. Once the server has ended one of their sessions they
take the hint: no new ones, unless `persistent`, then a bounded number a second.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Mapping
from contextlib import suppress

import psycopg

from sandbox.clients.behaviour import Session, connect, ended, going, let_go

BATCH = 8
LOOK_SECONDS = (0.03, 0.25)


class Leaking:
    """`statements` is what a session does before it is left alone; the last one may never return (`waits`)."""

    def __init__(
        self,
        *,
        dsn: str,
        statements: list[str],
        waits: bool = False,
        most: int = 150,
        persistent: bool = False,
        per_second: float = 2.0,
        ping: float | None = None,
    ) -> None:
        self._dsn, self._waits, self._most = dsn, waits, most
        self._statements, self._last = (statements[:-1], statements[-1]) if waits else (statements, "")
        self._persistent, self._per_second, self._ping = persistent, per_second, ping
        self._sessions: set[Session] = set()
        self._pinged: Session | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._numbers = itertools.count(1)
        self._opened = self._refused = self._lost = 0

    async def begin(self) -> None:
        """Start to leak."""
        self._keep(going(self._leak()))
        if self._ping is not None:
            self._keep(going(self._stay_awake(self._ping)))

    async def resize(self, *, tasks: int, pool_size: int) -> None:
        """Leaks have no size."""
        raise TypeError(f"leaking clients cannot become {tasks} pools of {pool_size}")

    def count(self) -> Mapping[str, int]:
        """How the leak stands; a leak has nobody waiting."""
        return {"alive": len(self._sessions), "waiting": 0, "opened": self._opened, "refused": self._refused}

    async def _leak(self) -> None:
        batch, pause = BATCH, LOOK_SECONDS[0]
        while True:
            await self._forget_ended()
            room = min(batch, self._most - len(self._sessions))
            if self._lost:
                if self._persistent and room > 0:
                    await self._open()
                    await asyncio.sleep(1 / self._per_second)
            elif room > 0:
                if all(await asyncio.gather(*(self._open() for _ in range(room)))):
                    batch, pause = BATCH, LOOK_SECONDS[0]
                    continue
                # Full, or nearly so: one attempt at a time, ever more patiently, until there is room again.
                batch, pause = 1, min(pause * 1.5, LOOK_SECONDS[1])
            await asyncio.sleep(pause)

    async def _open(self) -> bool:
        session = await connect(self._dsn)
        if session is None:
            self._refused += 1
            return False
        number = next(self._numbers)
        try:
            for statement in self._statements:
                await session.execute(statement.format(number=number))  # type: ignore[arg-type] # our own faults'
        except psycopg.OperationalError:  # ended from the other side so soon
            self._lost += 1
            await let_go(session)
            return False
        self._opened += 1
        self._sessions.add(session)
        if self._waits:
            self._keep(going(self._wait(session, self._last.format(number=number))))
        return True

    async def _wait(self, session: Session, statement: str) -> None:
        with suppress(psycopg.Error):  # Cancelled or ended: either way this client gives its session back.
            await session.execute(statement)  # type: ignore[arg-type] # our own faults'
        self._lost += 1
        self._sessions.discard(session)
        await let_go(session)

    async def _stay_awake(self, every: float) -> None:
        """Ping each session once in `every` seconds, spread over that time as real clients are."""
        while True:
            sessions = list(self._sessions)
            for session in sessions:
                self._pinged = session
                with suppress(psycopg.Error):  # Ended from the other side: `_leak` finds out.
                    await session.execute("SELECT 1")
                self._pinged = None
                await asyncio.sleep(every / len(sessions))
            await asyncio.sleep(0 if sessions else every)

    async def _forget_ended(self) -> None:
        if self._waits:
            return
        # An answer to a ping that is under way looks like the end of a session.
        for session in [one for one in self._sessions if one is not self._pinged and ended(one)]:
            self._lost += 1
            self._sessions.discard(session)
            await let_go(session)

    def _keep(self, task: asyncio.Task[None]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
