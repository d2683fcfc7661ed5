"""The whole of Code Blue on one machine, as a context manager: Prefect's server, a worker, and whatever else it needs.

    with Stack(home, deployments=specs, further=[receiver]) as stack:
        print(stack.ui_url)

Used by `codeblue up`, the drills, the demo, the benchmarks and the tests. Every process is supervised by
`stack_supervisor`; nothing is left running, also when the process that holds the stack is killed.
"""

import fcntl
import json
import logging
import os
import sys
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Self

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.context import SyncClientContext
from prefect.events.worker import EventsWorker
from prefect.settings import (
    PREFECT_API_AUTH_STRING,
    PREFECT_API_URL,
    PREFECT_CLIENT_CSRF_SUPPORT_ENABLED,
    PREFECT_CLIENT_SERVER_VERSION_CHECK_ENABLED,
    temporary_settings,
)

from deployments import private_files, server, server_access
from deployments.picker import offer
from deployments.server_database import prepared
from deployments.stack_child import Command
from deployments.stack_home import POOL, Home, environment
from deployments.stack_register import DeploymentSpec, ask_once, ensure_pool, register, register_blocks
from deployments.stack_supervisor import Supervisor
from deployments.wakeup import ring

log = logging.getLogger("codeblue.stack")

DRAIN_SECONDS = 5.0
"""How long Prefect may take to tell its server what this process has seen."""


class HomeInUseError(Exception):
    """Another stack runs in this home. Use that one, stop it, or choose another home."""

    def __init__(self, home: Path, holder: str) -> None:
        super().__init__(home, holder)
        self.home, self.holder = home, holder

    def __str__(self) -> str:
        return f"Another stack ({self.holder}) runs in {self.home}. Use it, stop it, or set CODEBLUE_HOME."


class NoStackError(Exception):
    """No stack runs in this home. Start one: codeblue up."""

    def __init__(self, home: Path) -> None:
        super().__init__(home)
        self.home = home

    def __str__(self) -> str:
        return f"No stack runs in {self.home}. Start one with: codeblue up"


class Stack:
    """One machine's stack. `limit` runs at a time; `grace` seconds for them to finish when the stack stops.

    `port` is Prefect's (API and UI), a free one when left out. `blocks` are module paths of block classes. `further`
    commands get the same environment as the worker (`Stack.env`): PREFECT_API_URL and CODEBLUE_HOME among others.
    `public_url` is where people reach Prefect's UI when that is not this machine; else what PREFECT_UI_URL says.
    """

    def __init__(
        self,
        home: Home | None = None,
        *,
        port: int | None = None,
        deployments: Sequence[DeploymentSpec] = (),
        blocks: Sequence[str] = (),
        preload: Sequence[str] = (),
        further: Sequence[Command] = (),
        workers: int = 1,
        limit: int = 8,
        poll: float = 2.0,
        watch: float = 10.0,
        grace: float = 10.0,
        public_url: str | None = None,
    ) -> None:
        self.home = home or Home.at()
        self._port, self._specs, self._blocks, self._further = port, deployments, blocks, further
        self._workers, self._grace = workers, grace
        self._options = {"--limit": limit, "--poll": poll, "--watch": watch, "--grace": grace}
        self._preload = list(dict.fromkeys([*(s.entrypoint.rpartition(".")[0] for s in deployments), *preload]))
        self._held = ExitStack()
        self._supervisor: Supervisor
        self._public = server_access.public(public_url or os.environ.get(server_access.UI))
        self.api_url = ""
        """Prefect's API; for PREFECT_API_URL."""

    @property
    def ui_url(self) -> str:
        """What links to Prefect's UI begin with, for a browser wherever it is."""
        return server_access.links(self._root)

    @property
    def sign_in_url(self) -> str:
        """The address that opens the UI in a browser that has never been there: it holds the secret."""
        return server_access.sign_in_url(self._root, self.auth)

    @property
    def auth(self) -> str:
        """Who we are to Prefect's API, as `user:password`; for PREFECT_API_AUTH_STRING."""
        return server_access.known(self.home.path) or ""

    @property
    def headers(self) -> dict[str, str]:
        """The same for plain HTTP."""
        return server_access.header(self.auth)

    @property
    def env(self) -> dict[str, str]:
        """The environment of every process of this stack."""
        return environment(self.home, self.api_url, ui_url=self._root)

    @property
    def _root(self) -> str:
        return self._public or self.api_url.removesuffix("/api")

    def __enter__(self) -> Self:
        """Start all; returns when runs can be started, which the worker takes as soon as it is there.

        Raises HomeInUseError, PortTakenError and ServerNotUpError.
        """
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """End everything: further commands, then the worker, the server last; idempotent."""
        self._held.close()

    def pid(self, name: str) -> int | None:
        """The process id of `server`, `worker` or a further command; `None` while it is down."""
        return self._supervisor.pid(name)

    @contextmanager
    def client(self) -> Generator[SyncPrefectClient]:
        """A client of this stack's API; while it is open, Prefect's own functions in this thread ask this API too."""
        with _asking(self.api_url, self.auth), get_client(sync_client=True) as client:
            try:
                yield client
            finally:
                # What Prefect still has to tell this API is told now: later it would be told to whoever is asked next.
                EventsWorker.drain_all(timeout=DRAIN_SECONDS)

    def _start(self) -> None:
        self._held.enter_context(_lock(self.home))
        if opened := private_files.closed(self.home.path):
            log.warning(
                "What %s keeps was open to others on this machine and is closed now: %d places, the first: %s",
                *(self.home.path, len(opened), opened[0]),
            )
        ears = self._held.enter_context(server.listen(self._port))
        self.api_url = server.api_url(ears)
        self._held.enter_context(_announced(self.home, self.api_url, self.ui_url))
        serving = server.command(self.home, ears, public=self._public)
        self._supervisor = Supervisor(self.env, self.home.logs)
        self._held.callback(self._supervisor.stop)
        with prepared(self.home) as migrated:
            first = self._supervisor.start(serving)
            for number in range(self._workers):  # they import for about as long as the server does
                self._supervisor.start(self._worker(number))
            server.await_health(first, self.api_url, migrated=migrated)
        private_files.closed(self.home.prefect)  # Prefect copies its UI there as it was installed, readable for all
        with _asking(self.api_url, self.auth), SyncClientContext.get_or_create() as asking:
            ensure_pool(asking.client, POOL)
            made = register(asking.client, self._specs)
            register_blocks(self._blocks)
            offer(asking.client)
            for run in ask_once(asking.client, self._specs, made):
                ring(self.home, run)
        for command in self._further:
            self._supervisor.start(command)

    def _worker(self, number: int) -> Command:
        options = [str(word) for option in self._options.items() for word in option]
        return Command(
            name="worker" if number == 0 else f"worker-{number + 1}",
            argv=[sys.executable, "-m", "deployments.worker", *options, *self._preload],
            grace=2 * self._grace + 5,
        )


def find(home: Home) -> str:
    """The API of the stack that runs in this home; for the command line. Raises NoStackError."""
    with (home.path / "lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return str(json.loads((home.path / "stack.json").read_text())["api_url"])
    raise NoStackError(home.path)


@contextmanager
def _asking(api_url: str, auth: str) -> Generator[None]:
    with temporary_settings(
        {
            PREFECT_API_URL: api_url,
            PREFECT_API_AUTH_STRING: auth,
            PREFECT_CLIENT_CSRF_SUPPORT_ENABLED: False,
            PREFECT_CLIENT_SERVER_VERSION_CHECK_ENABLED: False,
        }
    ):
        yield


@contextmanager
def _lock(home: Home) -> Generator[None]:
    # The kernel drops the lock with the process, so a killed stack never leaves its home locked.
    with private_files.unshared():
        lock = (home.path / "lock").open("a+")
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as exc:
            lock.seek(0)
            raise HomeInUseError(home.path, lock.read().strip() or "just starting") from exc
        lock.truncate(0)
        lock.write(f"process {os.getpid()}")
        lock.flush()
        yield


@contextmanager
def _announced(home: Home, api_url: str, ui_url: str) -> Generator[None]:
    note = home.path / "stack.json"
    private_files.keep_secret(note, json.dumps({"api_url": api_url, "ui_url": ui_url, "pid": os.getpid()}))
    try:
        yield
    finally:
        with suppress(OSError):
            note.unlink()
