"""One child process of the stack: started with a log file of its own, ended by its process id, never left behind.

Used by `stack_supervisor` for the server, the worker and everything further. Run as a program this module is the
launcher: it asks the kernel to kill the process together with its parent, then becomes the command. (Doing that
between fork and exec in a program with threads, by `preexec_fn`, can deadlock.) The kernel counts the *thread* that
started the child as its parent: start children from a thread that lives as long as they shall.
"""

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

_LOG_AT_MOST = 10_000_000
"""Bytes; a log file that is larger is set aside (one generation): when its process starts, and while it runs."""
_PR_SET_PDEATHSIG = 1

STARTED = "--- started "
"""How the line begins that each start of a process leaves in its log; it ends with the stack's process id."""


@dataclass(frozen=True, kw_only=True)
class Command:
    """A program the stack keeps running: what to run and how long it may take to end itself after SIGTERM."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    """Added to the environment that every process of the stack gets."""
    grace: float = 5.0
    """Seconds between SIGTERM and SIGKILL."""
    keep_fds: Sequence[int] = ()


class Child:
    """A running `Command`. Its output goes to `<logs>/<name>.log`."""

    def __init__(self, command: Command, env: Mapping[str, str], logs: Path) -> None:
        self.command = command
        self.log = logs / f"{command.name}.log"
        if self.log.exists() and self.log.stat().st_size > _LOG_AT_MOST:
            self.log.replace(self._older)
        launcher = [sys.executable, "-I", "-S", __file__, str(os.getpid())]
        with os.fdopen(os.open(self.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "ab") as output:
            output.write(f"{STARTED}{time.strftime('%Y-%m-%d %H:%M:%S')} by stack {os.getpid()}\n".encode())
            output.flush()
            self._process = subprocess.Popen(  # noqa: S603  (the command is ours or the operator's)
                [*launcher, *command.argv],
                env={**env, **command.env},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                pass_fds=command.keep_fds,
                start_new_session=True,  # a Ctrl-C in the terminal is the stack's to handle, in its order
            )
        self.since = time.monotonic()

    @property
    def _older(self) -> Path:
        return self.log.with_suffix(".log.1")

    def bound(self) -> None:
        """Set aside a log that has grown too large, while the process goes on writing at its end.

        A sender that is refused by the thousand must not fill the disk; where it is full already, the log is emptied.
        """
        with suppress(OSError):
            if self.log.stat().st_size > _LOG_AT_MOST:
                with suppress(OSError):
                    self._older.unlink(missing_ok=True)
                    self._older.touch(mode=0o600)
                    shutil.copyfile(self.log, self._older)
                os.truncate(self.log, 0)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def ended(self) -> int | None:
        """Its exit code, or minus the signal that killed it; `None` while it runs."""
        return self._process.poll()

    def stop(self) -> None:
        """SIGTERM, then SIGKILL after the command's grace; returns when the process is gone."""
        if self.ended() is None:
            self._process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(self.command.grace)
        self._process.kill()
        self._process.wait()

    def last_words(self, lines: int = 5) -> str:
        """The end of its log, for an error message."""
        with self.log.open("rb") as log:
            log.seek(max(0, self.log.stat().st_size - 4000))
            return "\n".join(log.read().decode(errors="replace").splitlines()[-lines:])


def _launch(argv: Sequence[str]) -> None:
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    os.umask(0o077)  # whatever a part of the stack writes is for nobody else on this machine
    if os.getppid() != int(argv[0]):  # the parent went before we could ask
        sys.exit(1)
    os.execvp(argv[1], list(argv[1:]))  # noqa: S606  (no shell is the point)


if __name__ == "__main__":
    _launch(sys.argv[1:])
