"""The zygote: one process that has imported everything, so that a flow run starts by a fork instead of an import.

`worker` starts it with `Zygote(...)` and talks to it over two socket pairs. The zygote keeps a few *spares*: forked
processes that have already opened their connection to Prefect and wait for a run. All spares read from one socket,
and the kernel hands each job to exactly one of them.

    worker  --- job (flow run, entrypoint) --->  any spare        `jobs`, packets, shared by all spares
    worker  <-- taken (flow run, pid) ---------  that spare       same socket
    worker  <-- ended (pid, status) -----------  zygote           `control`, packets

The zygote stays clean: it has no threads, no event loop and no connections, because a fork copies none of them
whole. It ends when its worker does, and its children end with it (a killed worker leaves nothing behind).
"""

import ctypes
import gc
import importlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from journal.clean_output import keep_clean

_PACKET = 150_000
"""Bytes in one packet at most; a run with larger parameters is read again by its process."""
_REFILL_AFTER = 0.3
"""Seconds until a taken spare is replaced while another waits: the fork would compete with the run's first line."""
_NEEDED = (
    "deployments.execute",
    "prefect.task_engine",
    "prefect.input",
    "prefect.artifacts",
    # Prefect and anyio load these only when the first task begins, which would cost every run a fifth of a second.
    "prefect.utilities.visualization",
    "anyio._backends._asyncio",
)
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Taken:
    """A process has begun with a run."""

    flow_run_id: UUID
    pid: int


@dataclass(frozen=True)
class Ended:
    """A process is over; `status` is its exit code, or minus the signal that killed it."""

    pid: int
    status: int


class ZygoteGoneError(Exception):
    """The zygote has ended, and with it every run it had started. Start a new one; their runs have crashed."""


class Zygote:
    """The worker's side: start the zygote, hand it jobs, hear what became of them. Both sockets never block."""

    def __init__(self, env: Mapping[str, str], preload: Sequence[str], spares: int) -> None:
        self.jobs, theirs_jobs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.control, theirs_control = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs_jobs, theirs_control:
            fds = (theirs_jobs.fileno(), theirs_control.fileno())
            self._process = subprocess.Popen(  # noqa: S603  (this module itself)
                [sys.executable, "-m", __name__, *map(str, fds), str(os.getpid()), str(spares), *preload],
                env=dict(env),
                stdin=subprocess.DEVNULL,
                pass_fds=fds,
            )
        for ours in (self.jobs, self.control):
            ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 * _PACKET)
            ours.setblocking(False)

    def submit(self, flow_run_id: UUID, entrypoint: str, flow_run: str | None) -> None:
        """Hand one run to whichever spare is free; `flow_run` is its JSON, left out when it is too large."""
        job = json.dumps({"id": str(flow_run_id), "entrypoint": entrypoint, "run": flow_run})
        if len(job) > _PACKET:
            job = json.dumps({"id": str(flow_run_id), "entrypoint": entrypoint, "run": None})
        try:
            self.jobs.send(job.encode())
        except BrokenPipeError as exc:
            raise ZygoteGoneError(self._process.poll()) from exc

    def news(self) -> list[Taken | Ended]:
        """What has happened since the last call, takings first. Raises ZygoteGoneError when the zygote has ended."""
        news: list[Taken | Ended] = []
        gone = False
        for ours in (self.jobs, self.control):
            try:
                while packet := ours.recv(_PACKET):
                    said = json.loads(packet)
                    if "taken" in said:
                        news.append(Taken(UUID(said["taken"]), said["pid"]))
                    else:
                        news.append(Ended(said["ended"], said["status"]))
                gone = gone or ours is self.control
            except BlockingIOError:
                continue
            except ConnectionResetError:
                gone = gone or ours is self.control
        if gone and not news:
            raise ZygoteGoneError(self._process.poll())
        return news

    def close(self) -> None:
        """End the zygote and, through it, every process it forked."""
        self.jobs.close()
        self.control.close()
        self._process.kill()
        self._process.wait()


def main(argv: Sequence[str]) -> None:
    """The zygote's own process: import, then fork whenever a spare is missing, until the worker goes."""
    keep_clean()  # before anything is imported: Prefect gives its handlers the streams that are there then
    jobs_fd, control_fd, worker_pid, spares = (int(a) for a in argv[:4])
    die_with(worker_pid)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole terminal; the worker decides
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    gc.disable()  # all that is imported stays, so looking through it meanwhile is in vain
    _import(argv[4:])
    gc.enable()
    gc.collect()
    gc.freeze()  # the collector would otherwise touch, and so copy, every page in every child
    assert threading.active_count() == 1, f"the zygote must have no threads: {threading.enumerate()}"
    jobs = socket.socket(fileno=jobs_fd)
    control = socket.socket(fileno=control_fd)
    _Nursery(jobs, control, spares).tend()


def die_with(parent: int) -> None:
    """Have the kernel kill this process as soon as `parent`, which started it, is gone (Linux)."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it went between our start and the line above
        os._exit(1)


def _import(preload: Sequence[str]) -> None:
    from prefect.logging.configuration import setup_logging

    from journal.redaction.engine import warm

    setup_logging()
    for module in (*_NEEDED, *preload):
        importlib.import_module(module)
    warm()


class _Nursery:
    """The zygote's loop: keeps the wished number of spares and tells the worker of every process that ended."""

    def __init__(self, jobs: socket.socket, control: socket.socket, spares: int) -> None:
        self._jobs, self._control, self._wish = jobs, control, spares
        self._taken, self._tell_taken = os.pipe2(os.O_CLOEXEC)
        self._poll = select.poll()
        self._poll.register(control, select.POLLIN)
        self._poll.register(self._taken, select.POLLIN)
        self._pids: dict[int, int] = {}  # pidfd -> pid
        self._spares: set[int] = set()
        self._refill_at = 0.0

    def tend(self) -> None:
        while True:
            wait = self._refill_at - time.monotonic()
            missing = len(self._spares) < self._wish
            if missing and wait <= 0:
                self._fork()
                continue
            for fd, _ in self._poll.poll(max(0.0, wait) * 1000 if missing else None):
                if fd == self._control.fileno():
                    return  # the worker has closed its end
                if fd == self._taken:
                    pid = int.from_bytes(os.read(self._taken, 4), "little")
                    self._spares.discard(pid)
                    self._refill_at = time.monotonic() + (_REFILL_AFTER if self._spares else 0.0)
                else:
                    self._bury(fd)

    def _bury(self, pidfd: int) -> None:
        pid = self._pids.pop(pidfd)
        self._poll.unregister(pidfd)
        os.close(pidfd)
        _, status = os.waitpid(pid, 0)
        if pid in self._spares:  # it could not reach the server, or was killed: do not fork in circles
            self._spares.discard(pid)
            self._refill_at = time.monotonic() + 1.0
        self._control.send(json.dumps({"ended": pid, "status": os.waitstatus_to_exitcode(status)}).encode())

    def _fork(self) -> None:
        me = os.getpid()
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                die_with(me)
                self._control.close()
                for pidfd in self._pids:
                    os.close(pidfd)
                status = _spare(self._jobs, self._tell_taken)
            except BaseException:  # noqa: BLE001  (nothing may return into the zygote's loop)
                traceback.print_exc()
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(status)
        self._spares.add(pid)
        pidfd = os.pidfd_open(pid)
        self._pids[pidfd] = pid
        self._poll.register(pidfd, select.POLLIN)


def _spare(jobs: socket.socket, tell_taken: int) -> int:
    """A forked process: get ready, wait for one run, execute it. Returns its exit code."""
    from prefect.client.schemas.objects import FlowRun

    from deployments import execute

    execute.prepare()
    packet = jobs.recv(_PACKET)
    if not packet:
        return 0
    job = json.loads(packet)
    me = os.getpid()
    jobs.send(json.dumps({"taken": job["id"], "pid": me}).encode())
    os.write(tell_taken, me.to_bytes(4, "little"))
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    run = None if job["run"] is None else FlowRun.model_validate_json(job["run"])
    return execute.execute(UUID(job["id"]), run, job["entrypoint"])


if __name__ == "__main__":
    main(sys.argv[1:])
