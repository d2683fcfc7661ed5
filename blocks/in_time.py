"""An end for a request as a whole. httpx bounds each wait, so a server that sends in drops has no end of its own.

Whoever asks over HTTP and must go on afterwards uses it: looks, switchboards, the watch's ping, `doctor`.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, Final

import httpx

WAITS: Final = 3
"""So many times what one wait may take, a request may take in all."""

_CONNECTED: Final = ("connect_tcp.complete", "connect_unix_socket.complete", "start_tls.complete")
"""What httpx tells when there is a connection, or another one around it."""


class InTime:
    """Given to a request as its `extensions`. When the time is over, its connection is cut: httpx raises, or ends."""

    def __init__(self) -> None:
        self._stream: Any = None
        self._lock = threading.Lock()
        self.over = False
        """Whether it was cut, so that what came is not all, whatever it looks like."""

    @property
    def extensions(self) -> Mapping[str, Any]:
        """For httpx, which tells of each connection that it makes."""
        return {"trace": self._told}

    def _told(self, event: str, info: Mapping[str, Any]) -> None:
        if event.endswith(_CONNECTED):
            with self._lock:
                self._stream = info["return_value"]
                if self.over:
                    self._cut()

    def end(self) -> None:
        """Cut the connection now."""
        with self._lock:
            self.over = True
            self._cut()

    def _cut(self) -> None:
        found = self._stream.get_extra_info("socket") if self._stream is not None else None
        if isinstance(found, socket.socket):
            with suppress(OSError):  # it is closed already
                socket.socket.shutdown(found, socket.SHUT_RDWR)  # the plain one also under TLS, which would ask first


@contextmanager
def in_time(seconds: float) -> Generator[InTime]:
    """A request that is over after `WAITS` times as long as one wait may take; `seconds` is that one wait."""
    request = InTime()
    timer = threading.Timer(WAITS * seconds, request.end)
    timer.daemon = True
    timer.start()
    try:
        yield request
    finally:
        timer.cancel()


def get(address: str, *, seconds: float, **client: Any) -> httpx.Response:
    """The answer to a GET, by a client with these options. Raises httpx's errors."""
    with in_time(seconds) as limit, httpx.Client(timeout=seconds, **client) as asking:
        return asking.get(address, extensions=dict(limit.extensions))
