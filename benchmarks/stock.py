"""The references: Prefect as it comes. `prefect server start` and `serve()`, both with their defaults.

A run is created (or resumed) by the API at moments spread over the ten seconds between two of serve's polls.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.exceptions import ObjectNotFound
from prefect.settings import PREFECT_API_URL, temporary_settings

from benchmarks.figures import Series, Unit
from deployments import server
from deployments.server_database import prepared
from deployments.stack_child import Child, Command
from deployments.stack_home import Home
from sandbox.postgres import free_port
from sandbox.rehearsal import wait

POLL = 10.0
"""Seconds between two polls of `serve()`, by default."""

AT_ONCE = 10
"""Runs created at once."""

FIRST, WAITS = "first/first", "waits/waits"
"""The deployments that `stock_flows` serves."""

Tell = Callable[[str], None]


@contextmanager
def stock_prefect(folder: Path) -> Generator[dict[str, str]]:
    """A stock server; the environment that reaches it."""
    home, port = Home.at(folder), free_port()
    env = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")} | {
        "PREFECT_HOME": str(home.prefect),
        "PREFECT_API_URL": f"http://{server.HOST}:{port}/api",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
    }
    argv = [sys.executable, "-m", "prefect", "server", "start", "--host", server.HOST, "--port", str(port)]
    with ExitStack() as held:
        with prepared(home) as migrated:
            child = Child(Command(name="stock-server", argv=argv, grace=10), env, home.logs)
            held.callback(child.stop)
            server.await_health(child, env["PREFECT_API_URL"], migrated=migrated)
        yield env


@contextmanager
def serving(folder: Path, env: dict[str, str]) -> Generator[Served]:
    """A stock `serve()`, to be measured."""
    argv = [sys.executable, "-m", "benchmarks.stock_flows", "serve"]
    child = Child(Command(name="stock-serve", argv=argv, grace=10), env, Home.at(folder).logs)
    try:
        with temporary_settings({PREFECT_API_URL: env["PREFECT_API_URL"]}), get_client(sync_client=True) as client:
            yield Served(client, folder)
    finally:
        child.stop()


class Served:
    """What is measured of a stock `serve()`; each by itself, so that one may fail."""

    def __init__(self, client: SyncPrefectClient, folder: Path) -> None:
        self._client, self._folder = client, folder

    def started(self, rounds: int, tell: Tell) -> Series:
        """Created → first task."""
        first = _deployment(self._client, FIRST)
        tell(f"stock Prefect, created → first task, {rounds} times")
        samples = [_started(self._client, first, self._folder / f"first-{n}") for n in range(rounds)]
        return Series(name="stock serve(): created → first task", samples=samples)

    def resumed(self, rounds: int, tell: Tell) -> Series:
        """Resumed → next line."""
        waits = _deployment(self._client, WAITS)
        tell(f"stock Prefect, resumed → next line, {rounds} times")
        suspended = [_suspended(self._client, waits, self._folder / f"waits-{n}") for n in range(rounds)]
        samples = [_resumed(self._client, run, path) for run, path in suspended]
        return Series(name="stock serve(): resumed → next line", samples=samples)

    def rate(self, _rounds: int, tell: Tell) -> Series:
        """How many runs of one empty task a minute sees."""
        first = _deployment(self._client, FIRST)
        tell(f"stock Prefect, {AT_ONCE} runs at once")
        a_minute = _rate(self._client, first, [self._folder / f"at-once-{n}" for n in range(AT_ONCE)])
        return Series(name=f"stock serve(): {AT_ONCE} runs of one empty task", samples=[a_minute], unit=Unit.PER_MINUTE)


def plain_tasks(env: dict[str, str], dsn: str, rounds: int, tell: Tell) -> tuple[Series, Series]:
    """The twenty probes as plain tasks: in a stock ThreadPoolTaskRunner, and one after another."""
    tell("stock Prefect, plain tasks")
    argv = [sys.executable, "-m", "benchmarks.stock_flows", "gather", dsn, str(rounds)]
    done = subprocess.run(argv, env=env, check=True, capture_output=True, text=True, timeout=600)
    measured: dict[str, list[float]] = json.loads(done.stdout.splitlines()[-1])
    return (
        Series(name="stock ThreadPoolTaskRunner()", samples=measured["threads"]),
        Series(name="stock, one after another", samples=measured["one by one"]),
    )


def _deployment(client: SyncPrefectClient, name: str) -> UUID:
    def look() -> UUID | None:
        try:
            return client.read_deployment_by_name(name).id
        except ObjectNotFound:
            return None

    return wait(look, within=120, what=f"serve() to register {name}")


def _started(client: SyncPrefectClient, deployment: UUID, path: Path) -> float:
    time.sleep(random.uniform(0, POLL))  # to hit any moment between two polls
    client.create_flow_run_from_deployment(deployment, parameters={"path": str(path)})
    return _since(time.time(), path)


def _rate(client: SyncPrefectClient, deployment: UUID, paths: Sequence[Path]) -> float:
    began = time.time()
    for path in paths:
        client.create_flow_run_from_deployment(deployment, parameters={"path": str(path)})
    return 60 * len(paths) / max(_since(began, path) for path in paths)


def _suspended(client: SyncPrefectClient, deployment: UUID, path: Path) -> tuple[UUID, Path]:
    return client.create_flow_run_from_deployment(deployment, parameters={"path": str(path)}).id, path


def _resumed(client: SyncPrefectClient, run: UUID, path: Path) -> float:
    wait(lambda: _is_paused(client, run), within=120, what=f"run {run} to suspend itself")
    time.sleep(random.uniform(0, POLL))
    client.resume_flow_run(run, run_input={"decision": "approve"})
    return _since(time.time(), path)


def _since(began: float, path: Path) -> float:
    return wait(lambda: _left(path) if path.exists() else None, within=120, what=str(path)) - began


def _left(path: Path) -> float:
    return float(path.read_text())


def _is_paused(client: SyncPrefectClient, run: UUID) -> bool | None:
    state = client.read_flow_run(run).state
    return True if state is not None and state.is_paused() else None
