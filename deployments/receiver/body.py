"""Reading a request's body within bounds of size and time, whatever its headers claim. `app` calls it first of all.

Few large bodies are held at a time: a body that grows beyond `LARGE` waits for its turn, so that memory has a bound
however many senders come at once. Senders whose headers prove them have turns of their own: a stranger who lets a large
body drip keeps none of them waiting. What is read beyond the limit, for a sender that takes no other answer, is thrown
away.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from starlette.requests import Request

from deployments.receiver.refusals import Refused

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

    def bounded(self, request: Request, *, at_most: int, within: float, reads_cut: bool = False) -> Bounded:
        """The raw body, for as long as it is held. Raises Refused for one of more than `at_most` bytes, once certain.

        With `reads_cut`, the beginning of such a one instead. Also refused: one that is compressed, or does not arrive
        within `within` seconds.
        """
        claimed, rest = request.headers.get("content-length", ""), _REST if reads_cut else 0
        length = int(claimed[:20]) if claimed.isascii() and claimed.isdigit() else 0
        if length > at_most + rest:
            raise _too_large(at_most)
        if request.headers.get("content-encoding", "identity").strip().lower() not in {"identity", ""}:
            raise Refused(415, "The body is compressed.", "Send it without Content-Encoding.")
        return Bounded(request, self._large[reads_cut], at_most, within, rest)


class Bounded:
    """One body while it is held. Made by `Bodies.bounded`; a class, since each delivery of a storm enters one."""

    def __init__(self, request: Request, turns: asyncio.Semaphore, at_most: int, within: float, rest: int) -> None:
        self._request, self._turns, self._at_most, self._within, self._rest = request, turns, at_most, within, rest
        self._mine = False

    async def __aenter__(self) -> Body:
        try:
            async with asyncio.timeout(self._within):
                return await self._read()
        except BaseException as exc:
            self._give_back()
            if isinstance(exc, TimeoutError):
                why = f"The body did not arrive within {self._within:.0f} s."
                raise Refused(408, why, "Send it again.") from None
            raise

    async def __aexit__(self, *_: object) -> None:
        self._give_back()

    def _give_back(self) -> None:
        if self._mine:
            self._mine = False
            self._turns.release()

    async def _read(self) -> Body:
        body, thrown, more = bytearray(), 0, True
        while more:
            message = await self._request.receive()
            if message["type"] == "http.disconnect":
                raise Refused(400, "The sender hung up before the body had arrived.", "Send it again.")
            chunk, more = message.get("body", b""), message.get("more_body", False)
            room = self._at_most - len(body)
            body += chunk[:room]
            thrown += max(0, len(chunk) - room)
            if thrown > self._rest:
                raise _too_large(self._at_most)
            if len(body) > LARGE and not self._mine:
                await self._turn()
        return Body(raw=bytes(body), cut=thrown > 0)

    async def _turn(self) -> None:
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._turns.acquire()
        except TimeoutError:  # not the sender's fault: a status that is tried again
            raise Refused(503, "Other large bodies are being read.", "Send it again.", retry_after=5) from None
        self._mine = True


def _too_large(at_most: int) -> Refused:
    return Refused(
        413, f"The body is larger than {at_most:,} bytes.", "Send fewer alerts at a time, or raise `body_limit`."
    )
