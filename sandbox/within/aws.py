"""The AWS stand-in within this process: boto3's requests are answered by the overlay before they are sent."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from itertools import cycle
from typing import Any
from urllib.parse import unquote, urlsplit

import moto.core.utils
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.handlers import BUILTIN_HANDLERS

from sandbox.link import Handler, Message
from sandbox.overlay import registry
from sandbox.overlay.app import Overlay
from sandbox.overlay.desk import Desk
from sandbox.overlay.stage import Stage, utcnow

ENDPOINT = "http://127.0.0.{number}:9"
"""Where nobody listens: a request that got past us would be refused. Each of several has one of its own."""


class Within:
    """In the place of a `Worker`: the same verbs, answered here. One an account, since moto's state is the process's.

    `handlers` do in the world what AWS is asked to.
    """

    def __init__(self, handlers: Mapping[str, Handler]) -> None:
        self._handlers, self._endpoint = handlers, ENDPOINT.format(number=next(_NUMBERS))
        self._desk = Desk(self._ask, self._open)
        registry.load()  # before moto is told the time, so that nothing of it comes later
        _tell_time(utcnow)

    @property
    def stage(self) -> Stage:
        """What the simulators work on."""
        return self._desk.stage

    def call(self, verb: str, *, seconds: float = 0.0, **body: object) -> Message:
        """Ask the stand-in."""
        return self._desk.handlers[verb](body) or {}

    def stop(self) -> None:
        """Let requests go out again, and moto ask the machine for the time."""
        _OVERLAYS.pop(self._endpoint, None)
        if not _OVERLAYS:
            _tell_time(_MACHINES)

    def _ask(self, verb: str, **body: object) -> Mapping[str, Any]:
        return self._handlers[verb](body) or {}

    def _open(self, overlay: Overlay, _stage: Stage) -> Message:
        _OVERLAYS[self._endpoint] = overlay
        _tell_time(utcnow)  # also what a system has brought since
        return {"endpoint": self._endpoint}


_MACHINES: Callable[[], datetime] = moto.core.utils.utcnow  # noqa: TID251 # what is put back in the end


def _tell_time(ask: Callable[[], datetime]) -> None:
    """Have all of moto ask here for the time; its modules have taken the function by name."""
    for name, module in list(sys.modules.items()):
        if name.startswith("moto.") and getattr(module, "utcnow", None) in (_MACHINES, utcnow):
            module.__dict__["utcnow"] = ask


_OVERLAYS: dict[str, Overlay] = {}
"""What answers, by its endpoint, while it is there."""
_NUMBERS = cycle(range(1, 255))


def _answer(request: AWSPreparedRequest, **_: object) -> AWSResponse | None:
    overlay = next((one for endpoint, one in _OVERLAYS.items() if str(request.url).startswith(f"{endpoint}/")), None)
    if overlay is None:
        return None
    told: list[Any] = []

    def start_response(status: str, headers: list[tuple[str, str]], *_: object) -> None:
        told[:] = [int(status.partition(" ")[0]), dict(headers)]

    body = b"".join(overlay(_environ(request), start_response))
    status, headers = told
    return AWSResponse(str(request.url), status, headers, _Raw(body))


# Every session that is made from now on asks here first; one that was made earlier would not.
BUILTIN_HANDLERS.append(("before-send", _answer))


class _Raw(io.BytesIO):
    """A body as urllib3 hands it out."""

    def stream(self, _size: int = 0, **_: object) -> Iterable[bytes]:
        yield self.read()


def _environ(request: AWSPreparedRequest) -> dict[str, Any]:
    """The request as WSGI has it."""
    url = urlsplit(str(request.url))
    body: Any = request.body or b""
    content = body.encode() if isinstance(body, str) else body if isinstance(body, bytes | bytearray) else body.read()
    headers = {name.upper().replace("-", "_"): _text(value) for name, value in request.headers.items()}
    return {
        "REQUEST_METHOD": str(request.method),
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(url.path).encode().decode("latin-1"),
        "RAW_URI": url.path + (f"?{url.query}" if url.query else ""),
        "REQUEST_URI": url.path + (f"?{url.query}" if url.query else ""),
        "QUERY_STRING": url.query,
        "SERVER_NAME": str(url.hostname),
        "SERVER_PORT": str(url.port),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_TYPE": headers.get("CONTENT_TYPE", ""),
        "CONTENT_LENGTH": str(len(content)),
        "HTTP_HOST": url.netloc,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": url.scheme,
        "wsgi.input": io.BytesIO(bytes(content)),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        **{f"HTTP_{name}": value for name, value in headers.items() if name not in ("CONTENT_TYPE", "CONTENT_LENGTH")},
    }


def _text(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
