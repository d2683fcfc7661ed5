"""Clients with honest work: each keeps one session busy with short transactions, and retries when there is no slot."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping

import psycopg

from sandbox.clients.behaviour import Session, connect, let_go

RETRY_SECONDS = (0.2, 0.6)
WORK = "UPDATE sessions SET held_at = now() WHERE id = %s"
THINK = "SELECT pg_sleep(%s)"  # The part of a transaction that waits for something else: keeps the machine usable.


class Busy:
    """`clients` of them, each in a transaction of about `seconds` at nearly every moment."""

    def __init__(self, *, dsn: str, clients: int, seconds: float = 0.4) -> None:
        self._dsn, self._clients, self._seconds = dsn, clients, seconds
        self._tasks: list[asyncio.Task[None]] = []
        self._alive = self._opened = self._refused = 0

    async def begin(self) -> None:
        """Start to work."""
        self._tasks = [asyncio.create_task(self._work(number)) for number in range(1, self._clients + 1)]

    async def resize(self, *, tasks: int, pool_size: int) -> None:
        """Honest load comes from outside; nobody can size it."""
        raise TypeError(f"busy clients cannot become {tasks} pools of {pool_size}")

    def count(self) -> Mapping[str, int]:
        """How many have a session and how many wait for one."""
        return {
            "alive": self._alive,
            "waiting": self._clients - self._alive,
            "opened": self._opened,
            "refused": self._refused,
        }

    async def _work(self, number: int) -> None:
        while True:
            session = await connect(self._dsn)
            if session is None:
                self._refused += 1
            else:
                self._opened += 1
                self._alive += 1
                try:
                    await self._serve(session, number)
                except psycopg.Error:
                    pass  # Ended from the other side; a well-behaved client starts over.
                finally:
                    self._alive -= 1
                    await let_go(session)
            await asyncio.sleep(random.uniform(*RETRY_SECONDS))

    async def _serve(self, session: Session, number: int) -> None:
        while True:
            async with session.transaction():
                await session.execute(THINK, [self._seconds * random.uniform(0.7, 1.3)])
                await session.execute(WORK, [number])
