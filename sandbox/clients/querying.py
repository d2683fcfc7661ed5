"""Users of the database: each asks one question again and again, thinks for a moment, and knows how long it took."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Mapping

from sandbox.clients.behaviour import Session
from sandbox.clients.persevering import Persevering

RETRY_SECONDS = 0.2


class Querying(Persevering):
    """`clients` of them. `statement` may name `{number}`, the client's own, from 1 on; `think` is in seconds."""

    def __init__(self, *, dsn: str, statement: str, clients: int, think: float) -> None:
        super().__init__(dsn=dsn, clients=clients, retry=(RETRY_SECONDS, RETRY_SECONDS))
        self._statement, self._think = statement, think
        self._took: dict[int, float] = {}
        self._since: dict[int, float] = {}

    def count(self) -> Mapping[str, int]:
        """How they fare. `latency_ms` is what an answer takes: each user's last, or the present one while it is out."""
        now = time.monotonic()
        latencies = [
            max(self._took.get(number, 0.0), now - self._since[number] if number in self._since else 0.0)
            for number in self._numbers
        ]
        return {**super().count(), "latency_ms": round(statistics.median(latencies) * 1000)}

    async def serve(self, session: Session, number: int) -> None:
        """One question after the other."""
        question = self._statement.format(number=number)
        try:
            while True:
                began = self._since[number] = time.monotonic()
                await session.execute(question)  # type: ignore[arg-type] # statements of our own faults
                self._took[number] = time.monotonic() - began
                del self._since[number]
                await asyncio.sleep(self._think)
        finally:
            self._since.pop(number, None)
