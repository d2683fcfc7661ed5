"""Looks at web services, against real servers on loopback: every way in which one can fail to answer."""

from __future__ import annotations

import datetime as dt
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv4Address
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from runbook import Permanent
from tasks.web.read import BODY, Page, kind_of, read_page

SOON = dt.timedelta(seconds=1)
Answer = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def server(answer: Answer, *, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    class Visit(BaseHTTPRequestHandler):
        def do_GET(self):
            answer(self)

        def log_message(self, format, *args):  # noqa: A002 # the base's name
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Visit) as running:
        running.daemon_threads = True
        if tls is not None:
            running.socket = tls.wrap_socket(running.socket, server_side=True)
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"{'https' if tls else 'http'}://127.0.0.1:{running.server_port}"
        finally:
            running.shutdown()
            thread.join()


def says(body: bytes, status: int = 200, **headers: str) -> Answer:
    def answer(visit: BaseHTTPRequestHandler) -> None:
        visit.send_response(status)
        for name, value in headers.items():
            visit.send_header(name, value)
        visit.send_header("Content-Length", str(len(body)))
        visit.end_headers()
        visit.wfile.write(body)

    return answer


def certificate(folder: Path, *, days: float) -> Path:
    """A certificate of its own making for 127.0.0.1, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "n8n of the tests")])
    ends = dt.datetime.now(dt.UTC) + dt.timedelta(days=days)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(ends - dt.timedelta(days=365))
        .not_valid_after(ends)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / f"certificate-{days}.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return file


def speaking_tls(file: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


def test_a_page_that_answers_tells_status_size_and_latency_but_not_its_text() -> None:
    with server(says(b'{"status":"ok"}')) as url:
        page = read_page(url, expect='"ok"')
    assert page.answers
    assert (page.status, page.size, page.complete) == (200, 15, True)
    assert page.latency is not None
    assert page.latency > 0
    assert "ok" not in page.model_dump_json().replace("broken", "")


def test_a_page_that_says_something_else_does_not_count_as_answering() -> None:
    with server(says(b'{"status":"error"}')) as url:
        page = read_page(url, expect='"ok"')
    assert not page.answers
    assert "not with what was expected" in str(page)


def test_a_failure_status_is_an_answer_and_not_health() -> None:
    with server(says(b"{}", 503)) as url:
        page = read_page(url)
    assert (page.kind, page.answers) == ("answered", False)


def test_a_redirect_is_not_followed() -> None:
    with server(says(b"", 302, Location="http://127.0.0.1:1/elsewhere")) as url:
        page = read_page(url)
    assert (page.status, page.answers) == (302, False)


def test_a_body_without_end_is_cut_off() -> None:
    with server(says(b"x" * (BODY * 4))) as url:
        page = read_page(url)
    assert (page.size, page.complete) == (BODY, False)


def test_a_refused_connection_is_the_answer_that_nobody_listens() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        page = read_page(f"http://127.0.0.1:{bound.getsockname()[1]}", patience=SOON)
    assert (page.kind, page.answers) == ("refused", False)
    assert str(page) == "127.0.0.1: nobody listens"


def test_somebody_who_listens_and_says_nothing_is_silent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        page = read_page(f"http://127.0.0.1:{listening.getsockname()[1]}", patience=dt.timedelta(seconds=0.3))
    assert (page.kind, page.answers) == ("silent", False)


def test_somebody_who_hangs_up_in_the_middle_is_broken() -> None:
    def half(visit: BaseHTTPRequestHandler) -> None:
        visit.send_response(200)
        visit.send_header("Content-Length", "1000")
        visit.end_headers()
        visit.wfile.write(b"x")

    with server(half) as url:
        page = read_page(url, patience=SOON)
    assert (page.kind, page.answers) == ("broken", False)


def test_a_name_that_is_not_known_here_is_unknown_and_not_down() -> None:
    page = read_page("http://n8n.rung.invalid", patience=SOON)
    assert page.kind == "unresolved"
    with pytest.raises(LookupError, match="this place's own fault"):
        _ = page.answers


@pytest.mark.parametrize("error", [httpx.ConnectTimeout("late"), httpx.ConnectError("no route")])
def test_no_way_to_the_host_is_unknown_and_not_down(error: httpx.TransportError) -> None:
    kind, why = kind_of(error)
    page = Page(host="n8n", kind=kind, why=why)
    assert page.kind == "unreachable"
    with pytest.raises(LookupError):
        _ = page.answers


def test_the_days_that_a_certificate_is_good_for_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = certificate(tmp_path, days=20)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    with server(says(b"ok"), tls=speaking_tls(file)) as url:
        page = read_page(url)
    assert page.answers
    assert page.certificate_days == pytest.approx(20, abs=0.1)
    assert "certificate good for 20 days" in str(page)


@pytest.mark.parametrize(("trusted", "days", "why"), [(False, 20, "self-signed"), (True, -1, "expired")])
def test_a_certificate_that_is_not_good_is_untrusted(
    trusted: bool, days: int, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = certificate(tmp_path, days=days)
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
    with server(says(b"ok"), tls=speaking_tls(file)) as url:
        page = read_page(url)
    assert (page.kind, page.answers, page.certificate_days) == ("untrusted", False, None)
    assert why in page.why


def test_a_server_without_tls_is_broken_for_https() -> None:
    with server(says(b"ok")) as url:
        page = read_page(url.replace("http:", "https:"))
    assert page.kind == "broken"


@pytest.mark.parametrize("url", ["n8n.internal", "ftp://n8n.internal", "http://"])
def test_an_address_that_is_none_is_the_environments_fault(url: str) -> None:
    with pytest.raises(Permanent, match="correct the environment"):
        read_page(url)
