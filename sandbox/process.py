"""Child processes that never outlive the sandbox.

`Guarded` runs a program that is not ours behind `guard.py`; `Worker` runs a module of ours that watches its own
standard input. Both end when this process ends, be it by return, Ctrl-C or SIGKILL.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from journal import clock
from sandbox.errors import WorkerFailed
from sandbox.link import CALL_SECONDS, Handler, Link, Message

GUARD = Path(__file__).with_name("guard.py")
REPOSITORY = Path(__file__).parent.parent
END_SECONDS = 10.0

T = TypeVar("T")


def wait_until(
    condition: Callable[[], T | None], *, seconds: float, failing: Callable[[], Exception], every: float = 0.02
) -> T:
    """Poll `condition` until it gives something true, and return that; raise `failing()` when `seconds` have passed."""
    deadline = clock.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        if clock.monotonic() >= deadline:
            raise failing()
        clock.sleep(every)


class Guarded:
    """A program that is not ours, behind the watchman.

    `account` is the (uid, gid) to run as, or `None` for our own. `remove` names folders that go with the program when
    it is stopped or orphaned; they stay when it ends by itself or by a signal, so that it can be started again.
    """

    def __init__(
        self,
        argv: Sequence[str],
        *,
        log: Path,
        env: Mapping[str, str],
        account: tuple[int, int] | None = None,
        stop_signal: str = "SIGQUIT",
        remove: Sequence[Path] = (),
    ) -> None:
        uid, gid = account or (None, None)
        order = {
            "argv": list(argv),
            "env": dict(env),
            "uid": uid,
            "gid": gid,
            "stop_signal": stop_signal,
            "remove": [str(folder) for folder in remove],
        }
        with log.open("ab") as output:
            self._guard = subprocess.Popen(
                [sys.executable, "-I", "-S", str(GUARD), json.dumps(order)],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                start_new_session=True,  # Ctrl-C in a terminal must reach the sandbox first, not the program.
            )

    @property
    def pid(self) -> int:
        """The watchman's process id."""
        return self._guard.pid

    def ended(self) -> int | None:
        """The exit code once the program has ended, else `None`."""
        code = self._guard.poll()
        if code is not None:
            self._close()
        return code

    def signal(self, number: int) -> None:
        """Send the program a signal."""
        self._guard.send_signal(number)

    def wait(self, seconds: float = END_SECONDS) -> int:
        """Wait for the program's end by itself; `WorkerFailed` at the deadline."""
        try:
            code = self._guard.wait(seconds)
        except subprocess.TimeoutExpired:
            raise WorkerFailed(f"A guarded program (pid {self.pid}) did not end within {seconds:g} s.") from None
        self._close()
        return code

    def stop(self) -> None:
        """End the program and remove its folders; nothing happens when it has ended already."""
        self._close()
        try:
            self._guard.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._guard.kill()  # PostgreSQL then gets its death signal from the kernel.
            self._guard.wait()

    def _close(self) -> None:
        if self._guard.stdin is not None:
            with contextlib.suppress(OSError):
                self._guard.stdin.close()


class Worker:
    """A module of ours as a child process, spoken to over a `Link` (see `sandbox.work` for the child's end)."""

    def __init__(
        self,
        module: str,
        *,
        name: str,
        log: Path,
        handlers: Mapping[str, Handler] | None = None,
        env: Mapping[str, str] | None = None,
    ) -> None:
        path = os.pathsep.join(filter(None, [str(REPOSITORY), os.environ.get("PYTHONPATH")]))
        with log.open("ab") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-m", module],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                start_new_session=True,
                env={**os.environ, "PYTHONPATH": path, **(env or {})},
            )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._stdin, self._stdout = self._process.stdin, self._process.stdout
        self._link = Link(
            reading=self._stdout, writing=self._stdin, handlers=handlers or {}, on_end=lambda: None, name=name
        )
        self._link.start()

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._process.pid

    def ended(self, *, within: float = 1.0) -> int | None:
        """The child's exit code once it has ended or does so in a moment (its pipes close a little earlier)."""
        try:
            return self._process.wait(within)
        except subprocess.TimeoutExpired:
            return None

    def call(self, verb: str, *, seconds: float = CALL_SECONDS, **body: object) -> Message:
        """Ask the child and wait for its answer; `WorkerFailed` when it refuses, is gone or stays silent."""
        return self._link.call(verb, seconds=seconds, **body)

    def stop(self) -> None:
        """End the child: close its input, and kill it if it does not go."""
        with contextlib.suppress(OSError):
            self._stdin.close()
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._link.join()
        self._stdout.close()
