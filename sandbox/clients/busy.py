"""Clients that keep one session each busy with short transactions, and retry when there is no slot."""

from __future__ import annotations

import random

from sandbox.clients.behaviour import Session
from sandbox.clients.persevering import Persevering

RETRY_SECONDS = (0.2, 0.6)
WORK = "UPDATE sessions SET held_at = now() WHERE id = %s"
THINK = "SELECT pg_sleep(%s)"  # The part of a transaction that waits for something else: keeps the machine usable.


class Busy(Persevering):
    """`clients` of them, each in a transaction of about `seconds` at nearly every moment."""

    def __init__(self, *, dsn: str, clients: int, seconds: float = 0.4) -> None:
        super().__init__(dsn=dsn, clients=clients, retry=RETRY_SECONDS)
        self._seconds = seconds

    async def serve(self, session: Session, number: int) -> None:
        """One transaction after the other."""
        while True:
            async with session.transaction():
                await session.execute(THINK, [self._seconds * random.uniform(0.7, 1.3)])
                await session.execute(WORK, [number])
