"""What every kind of client can do, and how one opens a session."""

from __future__ import annotations

import asyncio
import os
import select
import traceback
from collections.abc import Coroutine, Mapping
from typing import Any, Protocol

import psycopg
from psycopg import AsyncConnection

from sandbox.refusal import is_slot_refusal

Session = AsyncConnection[tuple[Any, ...]]

AT_ONCE = asyncio.Semaphore(2)
"""Attempts under way at a time.

Every attempt occupies a slot until it is refused, the reserved ones too: a storm of them would
lock out the people who come to look, which is another incident than the ones rehearsed here."""


class Behaviour(Protocol):
    """A load of clients of one kind."""

    async def begin(self) -> None:
        """Start; returns at once, the clients go on by themselves."""
        ...

    async def resize(self, *, tasks: int, pool_size: int) -> None:
        """Become another number of pools of another size; only pooled clients can."""
        ...

    def count(self) -> Mapping[str, int]:
        """`alive` sessions, `waiting` clients without one, `opened` and `refused` so far."""
        ...


def going(work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    """Work that goes on in the background. A mistake in it ends the process: a client that stands still looks well."""

    def over(task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (mistake := task.exception()) is not None:
            traceback.print_exception(mistake)
            os._exit(1)

    task = asyncio.create_task(work)
    task.add_done_callback(over)
    return task


async def connect(dsn: str) -> Session | None:
    """A session, or `None` when there is no slot or the server is restarting. Other errors are errors."""
    try:
        async with AT_ONCE:
            return await AsyncConnection.connect(dsn, autocommit=True)
    except psycopg.OperationalError as error:
        if is_slot_refusal(error) or is_away(error):
            return None
        raise


def is_away(error: psycopg.OperationalError) -> bool:
    """Whether the server is down or between two lives, as during a reboot."""
    text = str(error)
    return any(
        said in text
        for said in (
            "Connection refused",
            "starting up",
            "shutting down",
            "closed the connection",
            "reset by peer",
            "terminating connection",
            "timeout",
        )
    )


def ended(session: Session) -> bool:
    """Whether the server has ended an idle session: then there is something to read, its farewell."""
    if session.closed:
        return True
    try:
        readable, _, _ = select.select([session.fileno()], [], [], 0)
    except (OSError, ValueError, psycopg.Error):
        return True
    return bool(readable)


async def let_go(session: Session) -> None:
    """Close, whatever state it is in."""
    try:
        await session.close()
    except psycopg.Error:
        await asyncio.sleep(0)
