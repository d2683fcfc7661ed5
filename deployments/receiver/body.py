"""Reading a request's body within bounds of size and time, whatever its headers claim. `app` calls it first of all.

Few large bodies are held at a time: a body that grows beyond `LARGE` waits for its turn, so that memory has a bound
however many senders come at once. Senders whose headers prove them have turns of their own. Among the others, whose
proof is in the body, the slowest makes room for who has waited a moment: a stranger who lets large bodies drip keeps
nobody waiting who sends faster. What is read beyond the limit, for a sender that takes no other answer, is thrown away.
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
_ROOM_AFTER = 1.0
"""Seconds of them after which the slowest of the unproven makes room."""
_REST = 64 << 20
"""Bytes that are read and thrown away at most."""


@dataclass(frozen=True, kw_only=True)
class Body:
    """A raw body; `cut` if it is only the beginning."""

    raw: bytes
    cut: bool


class _Reading:
    """A large body of somebody unproven that is being read."""

    def __init__(self, limit: asyncio.Timeout, size: int, began: float) -> None:
        self.limit, self.size, self.began, self.must_go = limit, size, began, False

    def pace(self, now: float) -> float:
        """Bytes in a second so far."""
        return self.size / max(now - self.began, 1e-3)

    def make_room(self, now: float) -> None:
        """End it, at its next wait."""
        self.must_go = True
        self.limit.reschedule(now)


class Room:
    """The turns of those whose headers prove them, or of all the others, of whom the slowest makes room."""

    def __init__(self, *, proven: bool) -> None:
        self._turns, self._proven = asyncio.Semaphore(_LARGE_AT_ONCE), proven
        self._read = set[_Reading]()
        """Those of the unproven that have a turn and are still being read."""

    async def turn(self, reading: _Reading) -> None:
        """Wait for a turn, until `give_back`. Raises Refused when none comes in time."""
        loop = asyncio.get_running_loop()
        waking = None if self._proven else loop.call_later(min(_ROOM_AFTER, _PATIENCE / 2), self._make_room)
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._turns.acquire()
        except TimeoutError:  # not the sender's fault: a status that is tried again
            raise _busy() from None
        finally:
            if waking is not None:
                waking.cancel()
        if not self._proven:
            self._read.add(reading)

    def done(self, reading: _Reading) -> None:
        """It need make no room any more."""
        self._read.discard(reading)

    def give_back(self) -> None:
        """End a turn."""
        self._turns.release()

    def _make_room(self) -> None:
        now = asyncio.get_running_loop().time()
        left = [one for one in self._read if not one.must_go]
        if left:
            min(left, key=lambda one: one.pace(now)).make_room(now)


class Bodies:
    """Reads bodies for one event loop."""

    def __init__(self) -> None:
        self._large = {proven: Room(proven=proven) for proven in (True, False)}

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

    def __init__(self, request: Request, room: Room, at_most: int, within: float, rest: int) -> None:
        self._request, self._room, self._at_most, self._within, self._rest = request, room, at_most, within, rest
        self._mine = False

    async def __aenter__(self) -> Body:
        reading: _Reading | None = None
        try:
            async with asyncio.timeout(self._within) as limit:
                reading = _Reading(limit, 0, asyncio.get_running_loop().time())
                return await self._body(reading)
        except BaseException as exc:
            self._give_back()
            if isinstance(exc, TimeoutError):
                if reading is not None and reading.must_go:
                    raise _busy() from None
                why = f"The body did not arrive within {self._within:.0f} s."
                raise Refused(408, why, "Send it again.") from None
            raise
        finally:
            if reading is not None:
                self._room.done(reading)

    async def __aexit__(self, *_: object) -> None:
        self._give_back()

    def _give_back(self) -> None:
        if self._mine:
            self._mine = False
            self._room.give_back()

    async def _body(self, reading: _Reading) -> Body:
        body, thrown, more = bytearray(), 0, True
        while more:
            message = await self._request.receive()
            if message["type"] == "http.disconnect":
                raise Refused(400, "The sender hung up before the body had arrived.", "Send it again.")
            chunk, more = message.get("body", b""), message.get("more_body", False)
            room = self._at_most - len(body)
            body += chunk[:room]
            thrown += max(0, len(chunk) - room)
            reading.size += len(chunk)
            if thrown > self._rest:
                raise _too_large(self._at_most)
            if len(body) > LARGE and not self._mine:
                await self._room.turn(reading)
                self._mine = True
        return Body(raw=bytes(body), cut=thrown > 0)


def _busy() -> Refused:
    return Refused(503, "Other large bodies are being read.", "Send it again.", retry_after=5)


def _too_large(at_most: int) -> Refused:
    return Refused(
        413, f"The body is larger than {at_most:,} bytes.", "Send fewer alerts at a time, or raise `body_limit`."
    )
