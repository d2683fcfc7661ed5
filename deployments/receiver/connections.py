"""Connections that take no time from others: a head has a deadline and a size, a request has an end. `serve` uses it.

uvicorn waits for ever for the head of a request, and counts connections that never send one like requests. Here a
connection that waits for a head is closed after `HEAD_WITHIN`, or when `WAITING` others have come since; one with a
request is closed after `WHOLE_WITHIN`. Bodies have bounds of their own in `body`.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.auto import AutoHTTPProtocol

HEAD_WITHIN: Final = 5.0
"""Seconds from a connection, or from the first byte after an answer, to the end of the head."""
HEAD_AT_MOST: Final = 32_768
"""Bytes of a head: request line and headers."""
WHOLE_WITHIN: Final = 60.0
"""Seconds for a request as a whole: body, answer, and that the sender takes it."""
WAITING: Final = 256
"""Connections without a request, half-open or kept alive; of more, those that have waited longest are closed."""
A_MOMENT: Final = 0.1
"""Seconds after which the number is looked at: of many that come at once, with their heads, none waits by then."""
AT_ONCE: Final = 256
"""Requests at once; more get a 503: bounds the memory to that many bodies."""

_END: Final = b"\r\n\r\n"
_ANSWER: Final = b"HTTP/1.1 %d %s\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
_REASONS: Final = {408: b"Request Timeout", 431: b"Request Header Fields Too Large"}
_Base: Any = AutoHTTPProtocol  # either of two classes, by what is installed


class BoundedProtocol(_Base):
    """uvicorn's protocol of one connection, with bounds. Make a class for each server by `bounded_protocol`."""

    waiting: dict[BoundedProtocol, None]
    """The server's connections without a request, the longest waiting first."""
    thinned_soon: list[asyncio.TimerHandle]
    """When more than that are looked for, if they are."""
    head_within = HEAD_WITHIN

    def connection_made(self, transport: asyncio.Transport) -> None:
        super().connection_made(transport)
        self._head, self._tail, self._deadline = 0, b"", None
        self._wait(self.head_within)

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Pass on what may be passed on; a head that is too large is refused before it is parsed."""
        if self._idle():
            if not self._head:  # the first byte after an answer: from now on it is not the keep-alive that counts
                self._wait(self.head_within)
            joined = self._tail + data
            end = joined.find(_END)
            self._head += len(data) if end < 0 else max(0, end - len(self._tail))
            self._tail = joined[-3:]
            if self._head > HEAD_AT_MOST:
                self._refuse(431)
                return
        before = self.cycle
        super().data_received(data)
        if self.cycle is not before and not self.transport.is_closing():
            self._head, self._tail = 0, b""
            self._busy()

    def on_response_complete(self) -> None:
        """The next head may come; until it does, uvicorn's keep-alive counts."""
        super().on_response_complete()
        if self._idle() and not self.transport.is_closing():
            self._wait(None)

    def _idle(self) -> bool:
        """Whether a head is what comes next."""
        return self.cycle is None or (self.cycle.response_complete and not self.cycle.more_body)

    def _wait(self, within: float | None) -> None:
        self._forget()
        self.waiting[self] = None
        if within is not None:
            self._deadline = self.loop.call_later(within, self._refuse, 408)
        if len(self.waiting) > WAITING and not self.thinned_soon:
            self.thinned_soon.append(self.loop.call_later(A_MOMENT, self._thin))

    def _thin(self) -> None:
        self.thinned_soon.clear()
        for one in list(self.waiting)[:-WAITING]:
            one.close()

    def _busy(self) -> None:
        self._forget()
        self._deadline = self.loop.call_later(WHOLE_WITHIN, self.transport.abort)

    def _forget(self) -> None:
        self.waiting.pop(self, None)
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _refuse(self, status: int) -> None:
        """Say why and hang up. Who does not read it is hung up on all the same."""
        if not self.transport.is_closing():
            self.transport.write(_ANSWER % (status, _REASONS[status]))
        self.close()

    def close(self) -> None:
        """End the connection, at the latest in a moment."""
        self._forget()
        if not self.transport.is_closing():
            self.transport.close()
            self.loop.call_later(1.0, self.transport.abort)


def bounded_protocol(*, head_within: float = HEAD_WITHIN) -> type[asyncio.Protocol]:
    """The protocol for one server; tests wait less long."""
    return type("BoundedProtocol", (BoundedProtocol,), {"waiting": {}, "thinned_soon": [], "head_within": head_within})


class AtOnce:
    """Only so many requests at once; the rest are told to come again.

    One whose body is still to come makes room first, the one that waits for it longest: who begins many requests and
    ends none keeps nobody out.
    """

    def __init__(self, app: ASGIApp, at_most: int = AT_ONCE) -> None:
        self._app, self._at_most, self._now = app, at_most, 0
        self._unfinished: dict[asyncio.Task[Any], None] = {}
        """Those whose body is still to come, the longest waiting first."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, or answer 503."""
        me = asyncio.current_task()
        if scope["type"] != "http" or me is None:
            await self._app(scope, receive, send)
            return
        if self._now >= self._at_most and not self._make_room():
            await _busy(send)
            return
        self._now += 1

        async def reading() -> Message:
            self._unfinished.setdefault(me)
            message = await receive()
            if not message.get("more_body", False):
                self._unfinished.pop(me, None)
            return message

        async def answering(message: Message) -> None:
            self._unfinished.pop(me, None)
            await send(message)

        try:
            await self._app(scope, reading, answering)
        except asyncio.CancelledError as cancelled:
            if _MADE_ROOM not in cancelled.args:
                raise
            me.uncancel()
            await _busy(send)
        finally:
            self._now -= 1
            self._unfinished.pop(me, None)

    def _make_room(self) -> bool:
        """End the request that has waited for its body longest; whether there was one."""
        task = next(iter(self._unfinished), None)
        if task is None:
            return False
        del self._unfinished[task]
        return task.cancel(_MADE_ROOM)


async def _busy(send: Send) -> None:
    headers = [(b"content-type", b"application/json"), (b"retry-after", b"1"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": _BUSY})


_MADE_ROOM: Final = "room for another request"
_BUSY: Final = b'{"error":"The receiver is busy with other senders.","remedy":"Send it again in a second."}'


class OneSpelling:
    """An address with a slash at its end is the one without: answered, not redirected.

    A redirect would name a scheme and a host that the sender, behind a proxy, must not follow with its secret.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on without it."""
        if scope["type"] == "http" and (short := scope["path"].rstrip("/")) and short != scope["path"]:
            scope = {**scope, "path": short, "raw_path": scope.get("raw_path", b"").rstrip(b"/")}
        await self._app(scope, receive, send)
