"""A watchman for a program that is not ours (PostgreSQL): when the sandbox dies, so does the program.

Run by `sandbox.process.Guarded` as a script of its own, with the standard library only, so that it starts in
milliseconds. It holds the reading end of a pipe whose writing end only the sandbox has: end of input means the
sandbox is gone, however it went. It then stops the program, removes the folders it was told to remove, and ends.
Signals sent to it are handed on.
"""

import contextlib
import ctypes
import json
import os
import select
import shutil
import signal
import sys
import time
from typing import Any

PR_SET_PDEATHSIG = 1
STOP_SECONDS = 5.0


def main() -> int:
    """Start the program named in the order (one JSON argument) and watch both sides."""
    order = json.loads(sys.argv[1])
    parent = os.getppid()
    stop_signal = signal.Signals[order["stop_signal"]]
    watching, waking = os.pipe()
    os.set_blocking(waking, False)
    signal.set_wakeup_fd(waking, warn_on_full_buffer=False)
    child = os.fork()
    if child == 0:
        _become(order, stop_signal)

    def hand_on(number: int, _frame: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGQUIT):
        signal.signal(number, hand_on)
    signal.signal(signal.SIGCHLD, lambda _number, _frame: None)

    while True:
        ready, _, _ = select.select([0, watching], [], [], 1.0)
        if watching in ready:
            os.read(watching, 4096)
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        # The parent is asked for too: a forked copy of it could keep the pipe open after its death.
        if (0 in ready and not os.read(0, 4096)) or os.getppid() != parent:
            _stop(child, stop_signal)
            for folder in order["remove"]:
                shutil.rmtree(folder, ignore_errors=True)
            return 0


def _become(order: dict[str, Any], stop_signal: signal.Signals) -> None:
    if order["uid"] is not None:
        os.setgroups([])
        os.setgid(order["gid"])
        os.setuid(order["uid"])
    if sys.platform == "linux":
        # After setuid, which would clear it; from the only thread, whose end it follows.
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(stop_signal))
    signal.set_wakeup_fd(-1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    try:
        os.execve(order["argv"][0], order["argv"], order["env"])
    finally:
        os._exit(127)


def _stop(child: int, stop_signal: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, ChildProcessError):
        os.kill(child, stop_signal)
        deadline = time.monotonic() + STOP_SECONDS
        while time.monotonic() < deadline:
            if os.waitpid(child, os.WNOHANG)[0]:
                return
            select.select([], [], [], 0.01)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


if __name__ == "__main__":
    sys.exit(main())
