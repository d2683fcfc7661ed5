"""One client process: told once what kind of clients to be, then asked how they fare."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Coroutine
from typing import Any

from sandbox.clients.behaviour import Behaviour
from sandbox.clients.busy import Busy
from sandbox.clients.leaking import Leaking
from sandbox.clients.pooled import Pooled
from sandbox.clients.querying import Querying
from sandbox.link import Message
from sandbox.work import serve

KINDS: dict[str, Callable[..., Behaviour]] = {"leaking": Leaking, "busy": Busy, "pooled": Pooled, "querying": Querying}


def main() -> None:
    """Serve until standard input ends or the lifetime is over."""
    # A refused connection is the point of the exercise, not news.
    logging.getLogger("psycopg").setLevel(logging.CRITICAL)
    loop = asyncio.new_event_loop()
    clients: list[Behaviour] = []

    def run(work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, loop).result()

    def begin(order: Message) -> None:
        facts = {name: value for name, value in order.items() if name not in ("do", "id", "kind", "lives_for")}
        clients.append(KINDS[str(order["kind"])](**facts))
        loop.call_soon_threadsafe(loop.call_later, float(order["lives_for"]), os._exit, 0)
        run(clients[0].begin())

    def count(_order: Message) -> Message:
        return clients[0].count()

    def resize(order: Message) -> Message:
        run(clients[0].resize(tasks=int(order["tasks"]), pool_size=int(order["pool_size"])))
        return clients[0].count()

    link = serve(name="sandbox", handlers={"begin": begin, "count": count, "resize": resize})
    loop.run_in_executor(None, link.join)
    loop.run_forever()


if __name__ == "__main__":
    main()
