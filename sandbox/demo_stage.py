"""The stage of the demo and the benchmarks: the stack and the world started side by side, the world broken meanwhile.

`sandbox.rehearsal` starts one after the other, which is simpler and costs some ten seconds more.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import httpx

from deployments.deployed import specs, unscheduled
from deployments.private_files import keep_secret
from deployments.stack import Stack
from deployments.stack_child import Command
from deployments.stack_home import Home
from deployments.stack_register import DeploymentSpec
from journal.store import Journal
from sandbox.drills.carrying import ripe
from sandbox.eyes import SEEING, saved_as
from sandbox.postgres import free_port
from sandbox.rehearsal import TOKEN, Rehearsal, payload, wait
from sandbox.saving import save
from sandbox.selftest.settings import receiver_settings
from sandbox.turns import PACE
from sandbox.world import World
from sandbox.worlds import world_of

ALERT = "PostgresTooManyConnections"
"""What the monitor calls the symptom."""

Tell = Callable[[str, str | None], None]
"""Hears of each part that it begins (nothing said), and later in a sentence that it is there."""


def nobody(part: str, said: str | None) -> None:
    """Hears nothing."""


@contextmanager
def open_stage(
    folder: Path, *, fault: str | None = None, further: Sequence[DeploymentSpec] = (), tell: Tell = nobody
) -> Generator[Rehearsal]:
    """World and stack, running, under a folder; with a fault, broken for long enough that somebody is paged.

    `further` deployments are registered beside those of the project. Ends both, whatever happens.
    """
    home, port = Home.at(folder / "home"), free_port()
    keep_secret(home.path / "alertmanager.token", TOKEN)
    keep_secret(home.path / "receiver.toml", receiver_settings())
    stack = Stack(
        home,
        deployments=(*specs(unscheduled()), *further),
        preload=["deployments.warm"],
        further=[
            Command(name="receiver", argv=[sys.executable, "-m", "deployments.receiver", "--port", str(port)]),
            Command(name="watch", argv=[sys.executable, "-m", "deployments.watch"]),
        ],
        poll=1.0,
        watch=2.0,
    )
    with _Scenery(folder / "world", fault, tell) as scenery:
        tell("stack", None)
        with stack, stack.client():
            tell("stack", "Prefect's server, a worker and the receiver run")
            world = scenery.world()
            name = saved_as(world.system, SEEING)
            save(world.environments(world.facts, pace=PACE)[name], name)
            with Journal.connect(f"sqlite:///{home.path / 'journal.db'}") as journal:
                url = f"http://127.0.0.1:{port}"
                wait(lambda: _ready(url), within=30, what="the receiver")
                scenery.set()
                yield Rehearsal(world=world, stack=stack, journal=journal, receiver=url)


def deliver(rehearsal: Rehearsal, fingerprint: str) -> httpx.Response:
    """Post the alert as Alertmanager would, and nothing more."""
    answer = httpx.post(
        f"{rehearsal.receiver}/alerts/alertmanager",
        json=payload(ALERT, saved_as(rehearsal.world.system, SEEING), fingerprint),
        headers={"Authorization": f"Bearer {TOKEN}"},
        timeout=10,
    )
    answer.raise_for_status()
    return answer


class _Scenery:
    """The world, started and broken in a thread of its own."""

    def __init__(self, folder: Path, fault: str | None, tell: Tell) -> None:
        self._fault, self._tell = fault, tell
        self._over = threading.Event()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="scenery")
        self._world = self._thread.submit(self._start, folder)
        self._broken = self._thread.submit(self._break)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        # First let the thread come to its end: a world must not be stopped while it is being broken.
        self._over.set()
        self._thread.shutdown(cancel_futures=True)
        if not self._world.cancelled() and self._world.exception() is None:
            self._world.result().stop()

    def world(self) -> World:
        """The world, as soon as it runs."""
        return self._world.result()

    def set(self) -> None:
        """Return when the world is as it shall be."""
        self._broken.result()

    def _start(self, folder: Path) -> World:
        self._tell("world", None)
        world = world_of().start(folder)
        release = world.facts.postgres_release
        self._tell("world", f"PostgreSQL {release}, an AWS account by moto, and a service with its pools run")
        return world

    def _break(self) -> None:
        if self._fault is None or self._over.is_set():
            return
        world = self._world.result()
        self._tell("fault", None)
        world.break_(self._fault)
        health = world.health()
        self._tell(
            "fault",
            f"{self._fault} injected: {health.connected} of {health.attempts} fresh clients connect,"
            f" {health.slots_taken} of {health.max_connections} slots are taken",
        )
        self._tell("age", None)
        wait(lambda: self._over.is_set() or ripe(world.facts), within=30, what="the sessions to grow old")
        self._tell("age", "The leaked sessions are as old as those that somebody is paged for")


def _ready(url: str) -> bool | None:
    try:
        return httpx.get(f"{url}/ready", timeout=2).is_success or None
    except httpx.TransportError:
        return None
