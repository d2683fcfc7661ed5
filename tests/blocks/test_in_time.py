"""A server that sends in drops keeps nobody for longer than was allowed: not its head, not its body, not under TLS."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from blocks.in_time import get
from blocks.switchboard_http import request
from deployments import watch_note
from deployments.receiver import fetching
from deployments.receiver.fetching import Fetcher, FetchError
from deployments.stack_home import Home
from deployments.watch_note import Pulse
from runbook import Temporary
from tasks.web.read import ask
from tests.tasks.test_web_reads import certificate, speaking_tls

WAIT = 0.5
"""Seconds of each wait of whoever asks. Drops come ten times as often, so that no single wait is too long."""
ENOUGH = 20.0
"""Seconds for anything here, however busy the machine is; the drops go on for thrice as long."""
JSON = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
DROPS = {
    "head": (b"HTTP/1.1 200 OK\r\nX-Slow: ", b"a"),
    "body": (JSON + b"Content-Length: 60000\r\n\r\n{", b" "),
    "body without a length": (JSON + b"\r\n{", b" "),
}


@pytest.fixture(params=list(DROPS))
def drops(request: pytest.FixtureRequest) -> tuple[bytes, bytes]:
    return DROPS[request.param]


@pytest.fixture
def dripping(drops: tuple[bytes, bytes]) -> Iterator[Callable[..., str]]:
    """The address of a server that answers in drops until whoever asked hangs up."""
    over, running = threading.Event(), list[threading.Thread]()

    def answer(server: socket.socket, tls: ssl.SSLContext | None) -> None:
        with suppress(OSError), server:
            plain = server.accept()[0]
            with tls.wrap_socket(plain, server_side=True) if tls is not None else plain as visitor:
                visitor.recv(4096)
                visitor.sendall(drops[0])
                until = time.monotonic() + 3 * ENOUGH
                while time.monotonic() < until and not over.wait(WAIT / 10):
                    visitor.sendall(drops[1])

    def serve(tls: ssl.SSLContext | None = None) -> str:
        server = socket.create_server(("127.0.0.1", 0))
        running.append(threading.Thread(target=answer, args=(server, tls)))
        running[-1].start()
        return f"{'https' if tls else 'http'}://127.0.0.1:{server.getsockname()[1]}/"

    yield serve
    over.set()
    for one in running:
        one.join()


@pytest.fixture(autouse=True)
def _in_time() -> Iterator[None]:
    began = time.monotonic()
    yield
    assert time.monotonic() - began < ENOUGH


def test_a_look_at_a_page_has_an_end(dripping: Callable[..., str]) -> None:
    page = ask(dripping(), patience=timedelta(seconds=WAIT)).page
    assert page.kind == "silent" or (page.kind == "answered" and not page.complete)


def test_a_look_under_tls_has_an_end(
    dripping: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = certificate(tmp_path, days=9)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    page = ask(dripping(speaking_tls(file)), patience=timedelta(seconds=WAIT)).page
    assert page.kind == "silent" or (page.kind == "answered" and not page.complete)


def test_a_question_to_a_switchboard_has_an_end(dripping: Callable[..., str]) -> None:
    with suppress(Temporary):  # a head in drops is no answer
        assert request(dripping(), patience=timedelta(seconds=WAIT), headers={}).odd


def test_a_monitor_that_answers_in_drops_does_not_stop_the_watch(
    dripping: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch_note, "PATIENCE", WAIT)
    Pulse(home=Home.at(tmp_path), address=dripping()).beat(None)


def test_what_the_doctor_asks_has_an_end(dripping: Callable[..., str]) -> None:
    with suppress(httpx.TransportError):
        assert get(dripping(), seconds=WAIT, trust_env=False).content.strip() == b"{"


def test_what_a_vendors_message_names_has_an_end(dripping: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "_WITHIN", WAIT)

    async def fetch() -> None:
        fetcher = Fetcher()
        try:
            await fetcher(dripping())
        finally:
            await fetcher.close()

    with pytest.raises(FetchError, match="did not send all"):
        asyncio.run(fetch())
