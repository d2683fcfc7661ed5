"""Prefect's server application, with its SQLite writers in a queue. Served by uvicorn, as `server.command` says.

Prefect begins its transactions as readers and makes them writers later. When another writer was faster SQLite refuses
at once ("database is locked"), the client gets a 503 and asks again no sooner than two seconds later. On one machine
there is one server process, so a lock in it is enough: each writer waits its turn, some milliseconds, and none fails.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from prefect.server.api import server
from prefect.server.database import dependencies
from prefect.server.database.configurations import AioSqliteConfiguration
from prefect.settings import get_current_settings
from sqlalchemy.ext.asyncio import AsyncSession, AsyncSessionTransaction

_PATIENCE = 1.0
"""Seconds to wait for one's turn before going on as Prefect would: a transaction within a transaction must not hang."""


class QueuedWriters(AioSqliteConfiguration):
    """Prefect's SQLite configuration; transactions take turns and begin as writers."""

    _turn = asyncio.Lock()

    @asynccontextmanager
    async def begin_transaction(
        self, session: AsyncSession, with_for_update: bool = False
    ) -> AsyncGenerator[AsyncSessionTransaction, None]:
        """One transaction of the server, begun when it is its turn."""
        try:
            await asyncio.wait_for(self._turn.acquire(), _PATIENCE)
        except TimeoutError:
            async with super().begin_transaction(session, with_for_update) as transaction:
                yield transaction
            return
        try:
            async with super().begin_transaction(session, with_for_update=True) as transaction:
                yield transaction
        finally:
            self._turn.release()


def create_app() -> FastAPI:
    """Prefect's application; on SQLite with queued writers, otherwise as it is."""
    url = get_current_settings().server.database.connection_url
    if url is not None and url.get_secret_value().startswith("sqlite"):
        dependencies.MODELS_DEPENDENCIES["database_config"] = QueuedWriters(url.get_secret_value())
    return server.create_app()
