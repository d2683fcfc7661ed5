"""A pager on loopback: takes what apprise sends to `json://` addresses, and keeps it to be counted."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self


@dataclass(frozen=True, kw_only=True)
class Message:
    """One message that arrived. `to` is the path it was sent to."""

    to: str
    title: str
    text: str


@dataclass(kw_only=True)
class Pager:
    """Use as a context manager. While `deaf`, everything is refused; `refused` counts that."""

    deaf: bool = False
    refused: int = 0
    messages: list[Message] = field(default_factory=list[Message])

    def __enter__(self) -> Self:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def address(self, to: str) -> str:
        """The apprise address of a contact."""
        return f"json://127.0.0.1:{self._server.server_address[1]}/{to}"

    def told(self, to: str) -> list[Message]:
        """What a contact was sent."""
        return [message for message in list(self.messages) if message.to == to]


def _handler(pager: Pager) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body: dict[str, Any] = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if pager.deaf:
                pager.refused += 1
            else:
                pager.messages.append(Message(to=self.path.strip("/"), title=body["title"], text=body["message"]))
            self.send_response(503 if pager.deaf else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_GET(self) -> None:
            pager.messages.append(Message(to=self.path.strip("/"), title="GET", text=""))
            self.send_response(503 if pager.deaf else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 # the base class's name
            """Nothing: the messages are kept."""

    return Handler
