"""Prefect's server application, with its SQLite writers in a queue. Made by `serving`.

Prefect begins its transactions as readers and makes them writers later. When another writer was faster SQLite refuses
at once ("database is locked"), the client gets a 503 and asks again no sooner than two seconds later. On one machine
there is one server process, so a lock in it is enough: each writer waits its turn, some milliseconds, and none fails.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from contextvars import ContextVar

from fastapi import FastAPI
from prefect.server.api import server
from prefect.server.database.configurations import AioSqliteConfiguration
from prefect.settings import get_current_settings
from sqlalchemy.ext.asyncio import AsyncSession, AsyncSessionTransaction

from deployments.prefect_private import use_database

_PATIENCE = 30.0
"""Seconds to wait for one's turn before going on as Prefect would; its clients give up after 60."""
_HAS_TURN: ContextVar[bool] = ContextVar("has_turn", default=False)


class QueuedWriters(AioSqliteConfiguration):
    """Prefect's SQLite configuration; transactions take turns and begin as writers."""

    _turn = asyncio.Lock()

    @asynccontextmanager
    async def begin_transaction(
        self, session: AsyncSession, with_for_update: bool = False
    ) -> AsyncGenerator[AsyncSessionTransaction, None]:
        """One transaction of the server, begun when it is its turn."""
        if _HAS_TURN.get() or not await self._gets_turn():  # a transaction within a transaction must not wait for it
            async with super().begin_transaction(session, with_for_update) as transaction:
                yield transaction
            return
        token = _HAS_TURN.set(True)
        try:
            async with super().begin_transaction(session, with_for_update=True) as transaction:
                yield transaction
        finally:
            _HAS_TURN.reset(token)
            self._turn.release()

    async def _gets_turn(self) -> bool:
        try:
            async with asyncio.timeout(_PATIENCE):  # not wait_for: cancelled at the wrong moment it loses the lock
                return await self._turn.acquire()
        except TimeoutError:
            return False


def create_app() -> FastAPI:
    """Prefect's application; on SQLite with queued writers, otherwise as it is."""
    url = get_current_settings().server.database.connection_url
    if url is not None and url.get_secret_value().startswith("sqlite"):
        use_database(QueuedWriters(url.get_secret_value()))
    return server.create_app()
