"""A service's tasks, each with a pool of sessions in short rotating use. Every pool tries to stay full, as pools do."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from contextlib import suppress

import psycopg

from sandbox.clients.behaviour import Session, connect, ended, going, let_go

TURN_SECONDS = 0.1
RETRY_SECONDS = (0.3, 0.7)
WORK = "SELECT status FROM sessions WHERE id = %s"


class Pool:
    """One task's pool."""

    def __init__(self, dsn: str, size: int) -> None:
        self._dsn, self.size = dsn, size
        self._sessions: list[Session] = []
        self.opened = self.refused = 0
        self._closing = asyncio.Event()
        self._filling = going(self._stay_full())
        self._using = going(self._rotate())

    @property
    def alive(self) -> int:
        """Sessions open."""
        return len(self._sessions)

    async def close(self) -> None:
        """Give every session back."""
        self._closing.set()
        self._using.cancel()
        # Not cancelled: an attempt cut short would leave a session nobody holds until it is garbage-collected.
        await self._filling
        await asyncio.gather(self._using, return_exceptions=True)
        await asyncio.gather(*(let_go(session) for session in self._sessions))
        self._sessions.clear()

    async def _stay_full(self) -> None:
        while not self._closing.is_set():
            for session in [one for one in self._sessions if one.closed]:
                self._sessions.remove(session)
            while len(self._sessions) < self.size and not self._closing.is_set():
                session = await connect(self._dsn)
                if session is None:
                    self.refused += 1
                    break
                self.opened += 1
                self._sessions.append(session)
            with suppress(TimeoutError):
                async with asyncio.timeout(random.uniform(*RETRY_SECONDS)):  # spreading, not secrecy
                    await self._closing.wait()

    async def _rotate(self) -> None:
        turn = 0
        while True:
            await asyncio.sleep(TURN_SECONDS)
            turn += 1
            if not self._sessions:
                continue
            session = self._sessions[turn % len(self._sessions)]
            try:
                if ended(session):
                    await let_go(session)
                else:
                    await session.execute(WORK, [1 + turn % 4000])
            except psycopg.Error:
                await let_go(session)


class Pooled:
    """`tasks` pools of `pool_size`; `resize` is a deployment."""

    def __init__(self, *, dsn: str, tasks: int, pool_size: int) -> None:
        self._dsn, self._wanted, self._pool_size = dsn, tasks, pool_size
        self._pools: list[Pool] = []

    async def begin(self) -> None:
        """Start every task."""
        await self.resize(tasks=self._wanted, pool_size=self._pool_size)

    async def resize(self, *, tasks: int, pool_size: int) -> None:
        """Replace tasks whose pool has another size, then start or stop to the wanted number."""
        self._wanted, self._pool_size = tasks, pool_size
        going = [pool for pool in self._pools if pool.size != pool_size] + [
            pool for pool in self._pools if pool.size == pool_size
        ][tasks:]
        self._pools = [pool for pool in self._pools if pool not in going]
        await asyncio.gather(*(pool.close() for pool in going))
        self._pools += [Pool(self._dsn, pool_size) for _ in range(tasks - len(self._pools))]

    def count(self) -> Mapping[str, int]:
        """Sessions held, sessions the pools still want, and `tasks` running."""
        alive = sum(pool.alive for pool in self._pools)
        return {
            "alive": alive,
            "waiting": self._wanted * self._pool_size - alive,
            "opened": sum(pool.opened for pool in self._pools),
            "refused": sum(pool.refused for pool in self._pools),
            "tasks": len(self._pools),
        }
