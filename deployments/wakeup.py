"""The wake-up: tells the workers of this machine that a run is waiting, so that nobody waits for the next poll.

Called by the receiver, the command line and `worker_watch` after they created or resumed a run; heard by `worker`.
A ring may name the run, which spares the worker the dearest question it has (which of all runs are due: 30-40 ms);
a ring without a name means "look". Rings are hints: a lost one costs a poll interval, a false one costs a look.
"""

import os
import socket
from contextlib import suppress
from pathlib import Path
from uuid import UUID

from deployments.stack_home import Home

_LONGEST_PATH = 100
"""Bytes; Linux takes socket paths of up to 107, and a test's temporary folder may be longer."""
_NAMED = 16
"""Bytes of a ring that names its run: the run's id and nothing else."""


def ring(home: Home, flow_run_id: UUID | None = None) -> int:
    """Wake every worker of this home, for one run or for a look round; the number of workers that heard it.

    Fire and forget: takes about 0.1 ms, never blocks and never raises, with no worker, no folder or a full socket.
    """
    heard = 0
    message = b"" if flow_run_id is None else flow_run_id.bytes
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as sender:
        for path in home.wakeups.glob("*.wake-up"):
            try:
                with _short(path) as name:
                    sender.sendto(message, name)
                heard += 1
            except ConnectionRefusedError:  # its worker was killed; only a dead socket refuses
                with suppress(OSError):
                    path.unlink()
            except OSError:  # full, or removed meanwhile: the worker looks again by itself
                continue
    return heard


class Wakeup:
    """A worker's ear: a non-blocking datagram socket in the home folder, to be watched by the worker's event loop."""

    def __init__(self, home: Home) -> None:
        self._path = home.wakeups / f"{os.getpid()}.wake-up"
        self._path.unlink(missing_ok=True)  # left by a killed worker that had this process id
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
        with _short(self._path) as name:
            self.socket.bind(name)
        self._path.chmod(0o600)

    def heard(self) -> list[UUID | None]:
        """Every call since the last one, in order; `None` stands for a call without a run."""
        rings: list[UUID | None] = []
        with suppress(BlockingIOError):
            while True:
                message = self.socket.recv(64)
                rings.append(UUID(bytes=message) if len(message) == _NAMED else None)
        return rings

    def close(self) -> None:
        """Stop listening and take the socket out of the home."""
        self.socket.close()
        self._path.unlink(missing_ok=True)


class _short:  # noqa: N801  (reads as a function where it is used)
    """The path itself, or the same file through an open folder when the path is too long for a socket address."""

    def __init__(self, path: Path) -> None:
        self._path, self._folder = path, -1

    def __enter__(self) -> str:
        if len(os.fsencode(self._path)) <= _LONGEST_PATH:
            return str(self._path)
        self._folder = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY)
        return f"/proc/self/fd/{self._folder}/{self._path.name}"

    def __exit__(self, *_: object) -> None:
        if self._folder >= 0:
            os.close(self._folder)
