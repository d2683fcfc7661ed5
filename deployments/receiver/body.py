"""Reading a request's body within bounds of size and time, whatever its headers claim. `app` calls it first of all.

Few large bodies are held at a time: a body that grows beyond `LARGE` waits for its turn, so that memory has a bound
however many senders come at once. Senders whose headers prove them have turns of their own: a stranger who lets a large
body drip keeps none of them waiting. What is read beyond the limit, for a sender that takes no other answer, is thrown
away.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.requests import ClientDisconnect, Request

from deployments.receiver.refusals import Refused

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

LARGE = 1 << 20
"""Bytes from which on a body is held one of few."""
_LARGE_AT_ONCE = 2
_PATIENCE = 4.0
"""Seconds that one waits for its turn; fewer than any sender waits for its answer."""
_REST = 64 << 20
"""Bytes that are read and thrown away at most."""


@dataclass(frozen=True, kw_only=True)
class Body:
    """A raw body; `cut` if it is only the beginning."""

    raw: bytes
    cut: bool


class Bodies:
    """Reads bodies for one event loop."""

    def __init__(self) -> None:
        self._large = {proven: asyncio.Semaphore(_LARGE_AT_ONCE) for proven in (True, False)}

    @asynccontextmanager
    async def bounded(
        self, request: Request, *, at_most: int, within: float, reads_cut: bool = False
    ) -> AsyncGenerator[Body]:
        """The raw body, for as long as it is held. Raises Refused for one of more than `at_most` bytes, once certain.

        With `reads_cut`, the beginning of such a one instead. Also refused: one that is compressed, or does not arrive
        within `within` seconds.
        """
        claimed = request.headers.get("content-length", "")
        length = int(claimed[:20]) if claimed.isascii() and claimed.isdigit() else 0
        if length > at_most + (_REST if reads_cut else 0):
            raise _too_large(at_most)
        if request.headers.get("content-encoding", "identity").strip().lower() not in {"identity", ""}:
            raise Refused(415, "The body is compressed.", "Send it without Content-Encoding.")
        async with AsyncExitStack() as turn:
            yield await self._read(request, at_most, within, turn, rest=_REST if reads_cut else 0)

    async def _read(self, request: Request, at_most: int, within: float, turn: AsyncExitStack, *, rest: int) -> Body:
        body, thrown, mine = bytearray(), 0, False
        try:
            async with asyncio.timeout(within):
                async for chunk in request.stream():
                    room = at_most - len(body)
                    body += chunk[:room]
                    thrown += max(0, len(chunk) - room)
                    if thrown > rest:
                        raise _too_large(at_most)
                    if len(body) > LARGE and not mine:
                        mine = await self._turn(turn, self._large[rest > 0])
        except TimeoutError:
            raise Refused(408, f"The body did not arrive within {within:.0f} s.", "Send it again.") from None
        except ClientDisconnect:
            raise Refused(400, "The sender hung up before the body had arrived.", "Send it again.") from None
        return Body(raw=bytes(body), cut=thrown > 0)

    async def _turn(self, turn: AsyncExitStack, large: asyncio.Semaphore) -> bool:
        try:
            async with asyncio.timeout(_PATIENCE):
                await turn.enter_async_context(large)
        except TimeoutError:  # not the sender's fault: a status that is tried again
            raise Refused(503, "Other large bodies are being read.", "Send it again.", retry_after=5) from None
        return True


def _too_large(at_most: int) -> Refused:
    return Refused(
        413, f"The body is larger than {at_most:,} bytes.", "Send fewer alerts at a time, or raise `body_limit`."
    )
