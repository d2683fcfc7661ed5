"""A load of clients of one kind, as a process of its own. Faults bring theirs; the fleet is the service's own."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from sandbox.errors import WorkerFailed
from sandbox.link import Message
from sandbox.process import Worker

NOBODY: Message = {"alive": 0, "waiting": 0, "opened": 0, "refused": 0, "tasks": 0}
LONGEST = timedelta(days=7)


class ClientLoad:
    """Starts at once and lives for `lives_for`; `stop` ends it, and with it all of its sessions."""

    def __init__(self, kind: str, *, home: Path, name: str, lives_for: timedelta, dsn: str, **facts: Any) -> None:
        self._log = home / f"{name}.log"
        self._worker = Worker("sandbox.clients", name=name, log=self._log)
        try:
            self._worker.call("begin", kind=kind, lives_for=lives_for.total_seconds(), dsn=dsn, **facts)
        except BaseException:
            self._worker.stop()
            raise

    @property
    def pid(self) -> int:
        """The process id."""
        return self._worker.pid

    def count(self) -> Message:
        """How the clients fare (see `sandbox.clients.behaviour`); nobody once their time is over or they were stopped.

        `WorkerFailed` when they ended by a mistake of their own: clients that are lost are not clients that are well.
        """
        try:
            return self._worker.call("count")
        except WorkerFailed as failure:
            code = self._worker.ended()
            if code == 0:
                return NOBODY
            if code is None:
                raise
            raise WorkerFailed(f"The clients ended with code {code}; what went wrong is in {self._log}.") from failure

    def resize(self, *, tasks: int, pool_size: int) -> Message:
        """Deploy: another number of tasks, another pool size."""
        return self._worker.call("resize", tasks=tasks, pool_size=pool_size)

    def stop(self) -> None:
        """End the process."""
        self._worker.stop()
