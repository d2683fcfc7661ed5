"""The way to the server is protected: by an authority that the block names, and by no other."""

from __future__ import annotations

import socket
import socketserver
import ssl
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

import pytest

from blocks.redis_errors import Away, Refused
from sandbox.certificate import make
from tasks.redis.read import read_ping, read_server
from tests.tasks.valkey import Valkey, silent


@contextmanager
def behind_tls(port: int, certificate: Path) -> Generator[int]:
    """What ends TLS in front of the server, as providers do it; its port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    class Ends(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with suppress(OSError):  # a client that does not trust it, or is gone
                protected = context.wrap_socket(self.request, server_side=True)
                with protected, socket.create_connection(("127.0.0.1", port)) as plain:
                    back = threading.Thread(target=pump, args=(plain, protected))
                    back.start()
                    pump(protected, plain)
                    back.join()

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Ends) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


def pump(source: socket.socket, to: socket.socket) -> None:
    with suppress(OSError):
        while found := source.recv(65536):
            to.sendall(found)
    for one in (source, to):
        with suppress(OSError):
            socket.socket.shutdown(one, socket.SHUT_RDWR)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("tls") / "good.pem", days=5)


@pytest.fixture
def protected(valkey: Valkey, certificate: Path) -> Generator[Valkey]:
    """The server as it is seen through TLS; its owner knows it plainly."""
    valkey.grant([*read_ping.permissions, *read_server.permissions])
    with behind_tls(valkey.port, certificate) as port:
        yield Valkey(port=port, folder=valkey.folder, admin=valkey.admin)


def authority(file: Path) -> str:
    return file.read_text().partition("-----BEGIN PRIVATE")[0]


def test_it_is_entered_by_the_authority_that_the_block_names(protected: Valkey, certificate: Path) -> None:
    block = protected.block(tls=True, authority=authority(certificate))
    assert read_ping(block).answers
    assert read_server(block).role == "primary"


def test_a_certificate_that_nobody_vouches_for_is_refused(protected: Valkey, tmp_path: Path) -> None:
    other = make(tmp_path / "other.pem", days=5)
    for named in (None, authority(other)):
        seen = read_ping(protected.block(tls=True, authority=named))
        assert seen.reason == "tls"
        assert "check tls and authority in the saved block" in seen.said


def test_a_certificate_for_another_name_is_refused(protected: Valkey, certificate: Path) -> None:
    block = protected.block(tls=True, authority=authority(certificate), host="localhost")
    assert read_ping(block).reason == "tls"


def test_a_certificate_that_has_run_out_is_refused(valkey: Valkey, tmp_path: Path) -> None:
    old = make(tmp_path / "old.pem", days=-1)
    with behind_tls(valkey.port, old) as port:
        block = valkey.block(port=port, tls=True, authority=authority(old))
        with pytest.raises(Refused, match="expired") as kept_out:
            read_server(block)
    assert kept_out.value.reason == "tls"


def test_a_stuck_server_behind_tls_is_given_up_in_time(protected: Valkey, certificate: Path) -> None:
    late = protected.block(tls=True, authority=authority(certificate), patience=timedelta(milliseconds=300))
    with silent(protected), pytest.raises(Away, match="did not answer within"):
        read_server(late)
