"""Keeps the stack's processes running: starts them, starts them again when they end, and ends them in order.

`stack` gives it commands; it never asks what they are. All children are started from the supervisor's own thread,
because the kernel ties their lives to the thread that started them (see `stack_child`).
"""

import logging
import queue
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from deployments.stack_child import Child, Command

log = logging.getLogger("codeblue.stack")

_T = TypeVar("_T")
_LOOK_EVERY = 0.1
_FIRST_DELAY = 0.2
_LONGEST_DELAY = 30.0
_SETTLED_AFTER = 60.0
"""Seconds a process has to run before its next death counts as its first."""


class Supervisor:
    """Runs commands as children, restarting each one that ends: at once, then after 0.2, 0.4, 0.8 ... 30 s."""

    def __init__(self, env: Mapping[str, str], logs: Path) -> None:
        self._env, self._logs = env, logs
        self._children: list[Child] = []
        self._order: list[str] = []
        self._delays: dict[str, float] = {}
        self._due: dict[str, tuple[float, Command]] = {}
        self._orders: queue.Queue[Callable[[], None] | None] = queue.Queue()
        self._thread = threading.Thread(target=self._run, name="codeblue-supervisor", daemon=True)
        self._thread.start()

    def start(self, command: Command) -> Child:
        """Start one more command and keep it running; returns its first process."""
        return self._on_thread(lambda: self._start(command))

    def pid(self, name: str) -> int | None:
        """The process id that the command of that name has right now, if it runs."""
        return next((c.pid for c in list(self._children) if c.command.name == name and c.ended() is None), None)

    def stop(self) -> None:
        """End all children, the last started first, and stop restarting; idempotent."""
        if self._thread.is_alive():
            self._orders.put(None)
            self._thread.join()

    def _on_thread(self, work: Callable[[], _T]) -> _T:
        result: Future[_T] = Future()

        def order() -> None:
            try:
                result.set_result(work())
            except BaseException as exc:  # noqa: BLE001  (handed to the caller)
                result.set_exception(exc)

        self._orders.put(order)
        return result.result()

    def _run(self) -> None:
        while True:
            with suppress(queue.Empty):
                order = self._orders.get(timeout=_LOOK_EVERY)
                if order is None:
                    break
                order()
            self._revive()
            for child in self._children:
                child.bound()
        for child in sorted(self._children, key=lambda c: self._order.index(c.command.name), reverse=True):
            started = time.monotonic()
            child.stop()
            log.info("%s has ended after %.1f s.", child.command.name, time.monotonic() - started)

    def _start(self, command: Command) -> Child:
        if command.name not in self._order:
            self._order.append(command.name)
        child = Child(command, self._env, self._logs)
        self._children.append(child)
        return child

    def _revive(self) -> None:
        for child in [c for c in self._children if c.ended() is not None]:
            self._children.remove(child)
            name, ran = child.command.name, time.monotonic() - child.since
            delay = 0.0 if ran > _SETTLED_AFTER else self._delays.get(name, 0.0)
            self._delays[name] = min(_LONGEST_DELAY, max(_FIRST_DELAY, 2 * delay))
            self._due[name] = (time.monotonic() + delay, child.command)
            log.error(
                "%s ended (%s) after %.0f s and is started again in %.1f s. Its log: %s",
                *(name, child.ended(), ran, delay, child.log),
            )
        for name, (due, command) in list(self._due.items()):
            if time.monotonic() >= due:
                del self._due[name]
                self._start(command)
