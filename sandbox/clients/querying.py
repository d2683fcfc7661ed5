"""Users of the database: each asks one question again and again, thinks for a moment, and knows how long it took."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Mapping

import psycopg

from sandbox.clients.behaviour import Session, connect, let_go

RETRY_SECONDS = 0.2


class Querying:
    """`clients` of them. `statement` may name `{number}`, the client's own, from 1 on; `think` is in seconds."""

    def __init__(self, *, dsn: str, statement: str, clients: int, think: float) -> None:
        self._dsn, self._statement, self._think = dsn, statement, think
        self._numbers = range(1, clients + 1)
        self._tasks: list[asyncio.Task[None]] = []
        self._took: dict[int, float] = {}
        self._since: dict[int, float] = {}
        self._alive = self._opened = self._refused = 0

    async def begin(self) -> None:
        """Start to ask."""
        self._tasks = [asyncio.create_task(self._live(number)) for number in self._numbers]

    async def resize(self, *, tasks: int, pool_size: int) -> None:
        """Users come from outside; nobody can size them."""
        raise TypeError(f"querying users cannot become {tasks} pools of {pool_size}")

    def count(self) -> Mapping[str, int]:
        """How they fare. `latency_ms` is what an answer takes: each user's last, or the present one while it is out."""
        now = time.monotonic()
        latencies = [
            max(self._took.get(number, 0.0), now - self._since[number] if number in self._since else 0.0)
            for number in self._numbers
        ]
        return {
            "alive": self._alive,
            "waiting": len(self._numbers) - self._alive,
            "opened": self._opened,
            "refused": self._refused,
            "latency_ms": round(statistics.median(latencies) * 1000),
        }

    async def _live(self, number: int) -> None:
        while True:
            session = await connect(self._dsn)
            if session is None:
                self._refused += 1
            else:
                self._opened += 1
                self._alive += 1
                try:
                    await self._ask(session, number)
                except psycopg.Error:
                    pass  # Ended from the other side; a user tries again.
                finally:
                    self._alive -= 1
                    self._since.pop(number, None)
                    await let_go(session)
            await asyncio.sleep(RETRY_SECONDS)

    async def _ask(self, session: Session, number: int) -> None:
        question = self._statement.format(number=number)
        while True:
            began = self._since[number] = time.monotonic()
            await session.execute(question)  # type: ignore[arg-type] # statements of our own faults
            self._took[number] = time.monotonic() - began
            del self._since[number]
            await asyncio.sleep(self._think)
