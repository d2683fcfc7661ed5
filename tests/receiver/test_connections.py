"""Who takes their time takes it from nobody: slow heads, large heads, slow bodies, and how an address is spelt."""

import select
import socket
import threading
import time
from contextlib import ExitStack

import httpx
import pytest
from starlette.requests import Request

from deployments.receiver import connections
from tests.receiver.senders import PAYLOADS, refusal

FIRING = (PAYLOADS / "alertmanager" / "valid" / "firing.json").read_bytes()
PATIENCE = 0.4
"""Seconds that a head has in these tests."""


@pytest.fixture
def address(served, receiver, monkeypatch):
    """Host and port of a receiver that has little patience."""
    monkeypatch.setattr(connections, "WHOLE_WITHIN", 2.0)
    url = httpx.URL(served(receiver("alertmanager", body_within=0.4), head_within=PATIENCE))
    return url.host, url.port


@pytest.fixture
def connect(address):
    with ExitStack() as opened:

        def one(sent=b""):
            sock = opened.enter_context(socket.create_connection(address, timeout=10))
            sock.sendall(sent)
            return sock

        yield one


def read_to_the_end(sock):
    said = b""
    try:
        while part := sock.recv(65_536):
            said += part
    except ConnectionResetError:
        pass
    return said


def health(address):
    return httpx.get(f"http://{address[0]}:{address[1]}/health", timeout=5, trust_env=False)


def test_hundreds_of_half_open_connections_hold_up_nobody(address, connect):
    for number in range(600):
        connect(b"POST /alerts/alertmanager HTTP/1.1\r\nHost: x\r\nX-" if number % 2 else b"")
        if number % 100 == 99:
            assert health(address).status_code == 200


@pytest.mark.parametrize("begun", [b"", b"P", b"GET /health HTTP/1.1\r\nHost: x\r\n"])
def test_a_head_that_does_not_come_in_time_ends_the_connection(connect, begun):
    sock, began = connect(begun), time.monotonic()
    assert read_to_the_end(sock).startswith(b"HTTP/1.1 408 ")
    assert time.monotonic() - began < PATIENCE + 2


def test_a_head_that_drips_has_no_more_time_than_one_that_stands_still(connect):
    sock, began = connect(b"GET /health HTTP/1.1\r\n"), time.monotonic()
    sock.settimeout(0.02)
    said = b""
    while time.monotonic() - began < PATIENCE + 2 and not said:
        try:
            sock.sendall(b"a: b\r\n")
            said = sock.recv(100)
        except TimeoutError:
            continue
        except OSError:
            break
    assert time.monotonic() - began < PATIENCE + 2


def test_the_second_head_of_a_connection_has_a_deadline_too(connect):
    sock = connect(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
    assert sock.recv(65_536).startswith(b"HTTP/1.1 200 ")
    sock.sendall(b"GET /hea")
    assert b"HTTP/1.1 408 " in read_to_the_end(sock)


def test_a_connection_that_is_kept_alive_has_no_deadline_for_its_next_head(connect):
    sock = connect(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
    assert sock.recv(65_536).startswith(b"HTTP/1.1 200 ")
    sock.settimeout(PATIENCE * 3)
    with pytest.raises(TimeoutError):
        sock.recv(1)
    sock.settimeout(10)
    sock.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
    assert sock.recv(65_536).startswith(b"HTTP/1.1 ")  # how it is then is another question


@pytest.mark.parametrize("pieces", [1, 50])
def test_a_head_that_is_too_large_is_refused(connect, pieces):
    head = b"GET /health HTTP/1.1\r\nHost: x\r\nX: " + b"y" * (connections.HEAD_AT_MOST * 2) + b"\r\n\r\n"
    size = len(head) // pieces + 1
    sock = connect()
    try:
        for begin in range(0, len(head), size):
            sock.sendall(head[begin : begin + size])
    except OSError:  # it hung up before it had all
        pass
    assert read_to_the_end(sock)[:13] in {b"HTTP/1.1 431 ", b""}


def test_a_large_body_is_no_large_head(address):
    body = b"x" * (connections.HEAD_AT_MOST * 4)
    answer = httpx.post(f"http://{address[0]}:{address[1]}/alerts/alertmanager", content=body, trust_env=False)
    assert answer.status_code in {400, 401}


def test_a_body_that_drips_is_refused_in_time(connect):
    sock = connect(b"POST /alerts/alertmanager HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\n{")
    began = time.monotonic()
    assert read_to_the_end(sock).startswith(b"HTTP/1.1 408 ")
    assert time.monotonic() - began < 3


def test_a_body_that_nobody_reads_does_not_keep_a_connection(connect):
    sock = connect(b"POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 900000\r\n\r\n")
    began = time.monotonic()
    sock.settimeout(0.05)
    ended = False
    while not ended and time.monotonic() - began < 6:
        try:
            sock.sendall(b"x")
            ended = sock.recv(65_536) == b""
        except TimeoutError:
            continue
        except OSError:
            ended = True
    assert ended
    assert time.monotonic() - began < 5


def test_both_spellings_of_an_address_answer_and_none_redirects(receiver):
    it = receiver("alertmanager")
    lying = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "elsewhere.example", "Host": "elsewhere.example"}
    for path in ("/health", "/ready", "/docs", "/alerts/alertmanager", "/openapi.json", "/assets/logo.png", "/nowhere"):
        short, long = (it.ask("GET", spelt, headers=lying) for spelt in (path, f"{path}/"))
        assert short.status_code == long.status_code
        assert not {short.status_code, long.status_code} & set(range(300, 400))
        assert not any("elsewhere" in value for one in (short, long) for value in one.headers.values())
    body, headers = it.sender.seal(FIRING, it.clock.now)
    assert it.ask("POST", "/alerts/alertmanager/", content=body, headers=headers).status_code == 202
    refusal(it.ask("POST", "/alerts/alertmanager//x", content=body, headers=headers), 404)


def test_what_a_header_says_about_the_sender_is_believed_of_nobody(served, receiver, monkeypatch):
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "*")
    it = receiver("alertmanager")
    seen = []

    @it.app.get("/who")
    def who(request: Request):
        seen.append((request.url.scheme, request.client.host))

    told = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.7", "Forwarded": "for=192.0.2.7;proto=https"}
    httpx.get(f"{served(it)}/who", headers=told, trust_env=False)
    assert seen == [("http", "127.0.0.1")]


BEGUN = b"POST /alerts/alertmanager HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{"
"""A request whose body does not come."""


def test_hundreds_of_bodies_that_do_not_come_hold_up_nobody(served, receiver):
    it = receiver("alertmanager", body_within=50.0)
    url = httpx.URL(served(it))
    with ExitStack() as opened:
        held = [opened.enter_context(socket.create_connection((url.host, url.port), timeout=50)) for _ in range(300)]
        for sock in held:
            sock.sendall(BEGUN)
        for _ in range(5):
            body, headers = it.sender.seal(FIRING, it.clock.now)
            answer = httpx.post(f"{url}/alerts/alertmanager", content=body, headers=headers, trust_env=False)
            assert answer.status_code == 202, answer.text
        first = read_to_the_end(held[0])
        assert first.startswith(b"HTTP/1.1 503"), "who has waited longest made room, and is told to come again"
        assert b"retry-after: 1" in first


def test_of_hundreds_that_come_in_one_moment_nobody_with_a_head_is_hung_up_on(served, receiver):
    """The server takes them all before it reads of any; who has sent its head by then does not wait for it."""
    it = receiver("alertmanager", body_within=50.0)
    url = httpx.URL(served(it))
    with ExitStack() as opened:
        asked = [opened.enter_context(socket.create_connection((url.host, url.port), timeout=50)) for _ in range(400)]
        for sock in asked:
            sock.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        answers = [read_to_the_end(sock) for sock in asked]
    assert {answer[:12] for answer in answers} <= {b"HTTP/1.1 200", b"HTTP/1.1 503"}, "some are told to come again"


def test_large_bodies_of_strangers_that_do_not_come_hold_up_no_known_sender(served, receiver):
    it = receiver("alertmanager", body_within=10.0)
    url = httpx.URL(served(it))
    large = b"POST /alerts/alertmanager HTTP/1.1\r\nHost: x\r\nContent-Length: 4000000\r\n\r\n" + b" " * 1_200_000
    body, headers = it.sender.seal(FIRING.rstrip() + b" " * 1_200_000, it.clock.now)
    with ExitStack() as opened:
        for _ in range(4):
            opened.enter_context(socket.create_connection((url.host, url.port), timeout=10)).sendall(large)
        answer = httpx.post(f"{url}/alerts/alertmanager", content=body, headers=headers, trust_env=False)
        assert answer.status_code == 202, answer.text


def test_large_bodies_of_strangers_that_do_not_come_keep_no_sender_waiting_whose_proof_is_in_the_body(served, receiver):
    """Grafana signs its body, so nobody knows who it is until all of it is there."""
    it = receiver("grafana", body_within=60.0)
    url = httpx.URL(served(it))
    large = b"POST /alerts/grafana HTTP/1.1\r\nHost: x\r\nContent-Length: 4000000\r\n\r\n" + b" " * 1_200_000
    known = (PAYLOADS / "grafana" / "valid" / "firing.json").read_bytes()
    body, headers = it.sender.seal(known.rstrip() + b" " * 1_200_000, it.clock.now)
    with ExitStack() as opened:
        held = [opened.enter_context(socket.create_connection((url.host, url.port), timeout=20)) for _ in range(2)]
        for sock in held:
            sock.sendall(large)
        answer = httpx.post(f"{url}/alerts/grafana", content=body, headers=headers, trust_env=False, timeout=20)
        assert answer.status_code == 202, answer.text
        made_room = select.select(held, [], [], 20)[0]
        assert [read_to_the_end(sock).startswith(b"HTTP/1.1 503") for sock in made_room] == [True]


def test_more_requests_than_can_be_served_are_told_to_come_again(served, receiver, monkeypatch):
    """Nobody makes room whose body is there: what is being worked on is not given up."""
    monkeypatch.setattr(connections.AtOnce.__init__, "__defaults__", (2,))
    it, working = receiver("alertmanager"), threading.Semaphore(0)
    over = threading.Event()

    @it.app.get("/long")
    def long():
        working.release()
        over.wait(10)

    url = httpx.URL(served(it))
    with ExitStack() as opened:
        opened.callback(over.set)
        for _ in range(2):
            asking = opened.enter_context(socket.create_connection((url.host, url.port)))
            asking.sendall(b"GET /long HTTP/1.1\r\nHost: x\r\n\r\n")
        for _ in range(2):
            assert working.acquire(timeout=10)
        answer = httpx.get(f"{url}/health", trust_env=False)
        refusal(answer, 503)
        assert answer.headers["retry-after"] == "1"
