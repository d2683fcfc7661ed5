"""Clients with honest work: each tries until it has a session, works with it, and starts over when it has lost it."""

from __future__ import annotations

import asyncio
import random
from abc import ABC, abstractmethod
from collections.abc import Mapping

import psycopg

from sandbox.clients.behaviour import Session, connect, going, let_go


class Persevering(ABC):
    """`clients` of them, numbered from 1. `retry` is how long one waits for its next attempt, from and to, in s."""

    def __init__(self, *, dsn: str, clients: int, retry: tuple[float, float]) -> None:
        self._dsn, self._retry = dsn, retry
        self._numbers = range(1, clients + 1)
        self._tasks: list[asyncio.Task[None]] = []
        self._alive = self._opened = self._refused = 0

    async def begin(self) -> None:
        """Start all of them."""
        self._tasks = [going(self._live(number)) for number in self._numbers]

    async def resize(self, *, tasks: int, pool_size: int) -> None:
        """They come from outside; nobody can size them."""
        raise TypeError(f"{type(self).__name__.lower()} clients cannot become {tasks} pools of {pool_size}")

    def count(self) -> Mapping[str, int]:
        """How many have a session and how many wait for one."""
        return {
            "alive": self._alive,
            "waiting": len(self._numbers) - self._alive,
            "opened": self._opened,
            "refused": self._refused,
        }

    @abstractmethod
    async def serve(self, session: Session, number: int) -> None:
        """Work with a session until it is lost (`psycopg.Error`)."""

    async def _live(self, number: int) -> None:
        while True:
            session = await connect(self._dsn)
            if session is None:
                self._refused += 1
            else:
                self._opened += 1
                self._alive += 1
                try:
                    await self.serve(session, number)
                except psycopg.Error:
                    pass  # Ended from the other side; a well-behaved client starts over.
                finally:
                    self._alive -= 1
                    await let_go(session)
            await asyncio.sleep(random.uniform(*self._retry))
