"""The sandbox and Code Blue's own stack together: a real alert over HTTP, a real worker, a real answer.

Used by the drills, the demo, the crash harness, the benchmarks and the tests.
"""

from __future__ import annotations

import os
import sys
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import httpx

from deployments import wakeup
from deployments.deployed import specs, unscheduled
from deployments.private_files import keep_secret
from deployments.resume import resume
from deployments.stack import Stack
from deployments.stack_child import Command
from deployments.stack_home import Home
from deployments.stack_register import DeploymentSpec
from deployments.watch_memory import Stories
from journal import approvals, clock, waits
from journal.facts.closed import Closed
from journal.facts.decided import Requested
from journal.facts.done import UnderWay
from journal.facts.waited import WaitBegun
from journal.facts.words import Channel
from journal.store import Journal
from sandbox.errors import SandboxError
from sandbox.eyes import EYES, SEEING, saved_as
from sandbox.postgres import free_port
from sandbox.saving import save
from sandbox.selftest.cases import SelfTest
from sandbox.selftest.saving import practice
from sandbox.selftest.settings import receiver_settings
from sandbox.turns import PACE
from sandbox.world import World
from sandbox.worlds import world_of

PRACTICE = tuple(
    DeploymentSpec(
        name=name,
        entrypoint=f"sandbox.selftest.{'procedure' if name == 'procedure' else 'incident'}.practice_{name}",
        description=description,
        tags=["system:practice", f"runbook:practice.{name}"],
    )
    for name, description in (
        ("incident", "Handle one case of the self-test."),
        ("helper", "Handle a case of the self-test that was handed over."),
        ("procedure", "Contain one case of the self-test, step by step."),
    )
)

TOKEN = "practice-token-of-the-sandbox"  # a practice password on loopback


SHOWN = 4
"""How often production shows how it is before a false alarm is looked at: twice a second, in windows of 3 s or more."""

SLOTS = 40
"""`max_connections` in a rehearsal: enough for every share that a runbook names, and quickly filled."""

T = TypeVar("T")


def wait(found: Callable[[], T | None], *, within: float, what: str, every: float = 0.05) -> T:
    """Ask until there is an answer. Raises `TimeoutError` that says what was waited for."""
    deadline = clock.monotonic() + within
    while (answer := found()) is None:
        if clock.monotonic() > deadline:
            raise TimeoutError(f"Waited {within:g} s in vain for {what}.")
        clock.sleep(every)
    return answer


@dataclass(frozen=True, kw_only=True)
class Rehearsing(ABC):
    """A world and whoever carries the pipeline in it: what a drill needs, whatever its form."""

    world: World
    journal: Journal

    @cached_property
    def _stories(self) -> Stories:
        return Stories(journal=self.journal)

    @property
    def pace(self) -> float:
        """What a second of holding takes."""
        return PACE

    def named(self, environment: str) -> str:
        """What an environment is saved as, where only a word for eyes is given."""
        return saved_as(self.world.system, environment) if environment in EYES else environment

    def begin(self, runbook: str, fault: str | None, bounds: Mapping[str, Any], *, own_time: bool = False) -> None:
        """A drill with this fault begins: what went before is forgotten, and production shows how it is.

        In its `own_time` a runbook keeps its windows, holds and expiries. Raises `SandboxError` where nobody can wait.
        """
        if own_time:
            raise SandboxError("Only a rehearsal within one process can wait for that; carry the drill out there.")
        self.world.begin_afresh(turns=SHOWN if fault is None else 0)

    def rest(self, seconds: float) -> None:
        """Let so much time go by before anything is broken."""
        clock.sleep(max(seconds, 0.0))

    def last(self) -> None:  # noqa: B027 # only where time costs nothing
        """Let the incident become as old as one is when somebody is told."""

    def let_pass(self, time: timedelta) -> None:
        """Let the world live for so long."""
        clock.sleep(time.total_seconds())

    def again(self, incident: str) -> None:  # noqa: B027 # the watch of a stack does it by itself
        """Have the incident's run make one more pass, as when something is due."""

    @abstractmethod
    def alert(
        self,
        name: str,
        *,
        environment: str = SEEING,
        fingerprint: str | None = None,
        labels: Mapping[str, str] | None = None,
    ) -> str:
        """Send an alert, as Alertmanager would; the incident that it opened or joined."""

    @abstractmethod
    def resume(self, standing: approvals.Standing) -> None:
        """Let the run behind a settled request go on."""

    def incident_with(self, fingerprint: str, *, within: float = 120) -> str:
        """The incident of a fingerprint, as soon as the journal has it."""
        return wait(
            lambda: next((i.id for i in self.journal.incidents() if i.fingerprint == fingerprint), None),
            within=within,
            what=f"an incident for {fingerprint}",
        )

    def asked(
        self, incident: str, *, within: float = 120, meanwhile: Callable[[WaitBegun], None] | None = None
    ) -> approvals.Standing | None:
        """The next request that waits for a person, once the run is suspended; nothing when the incident closed.

        While it is waited for what ends by itself, or an act is under way, the world lives on; `meanwhile` happens in
        each wait, once.
        """

        def look() -> tuple[approvals.Standing | None] | WaitBegun | UnderWay | None:
            (entries,) = self._stories.read([incident])
            if any(isinstance(entry.fact, Closed) for entry in entries):
                return (None,)
            waiting = approvals.waiting(entries, clock.now())
            return (waiting[0],) if waiting else waits.looked_at(entries)

        seen = set[str]()
        while not isinstance(
            found := wait(look, within=within, what=f"a request, a wait or the end of {incident}"), tuple
        ):
            if (clock.now() - found.expires_at).total_seconds() > within:
                raise TimeoutError(
                    f"The time of {found.mitigation!r} was up {within:g} s ago, and {incident} still waits."
                )
            if meanwhile is not None and isinstance(found, WaitBegun) and found.digest not in seen:
                meanwhile(found)
            seen.add(found.digest)
            self.let_wait(incident, found)
        return found[0]

    def let_wait(self, incident: str, begun: WaitBegun | UnderWay) -> None:  # the watch of a stack has it look
        """Let time go by while an incident waits for what ends by itself, and have it look when that is due."""
        clock.sleep(0.1)

    def answer(self, standing: approvals.Standing, *, yes: bool, by: str = "drill") -> None:
        """Answer a request, and let the run go on. A rehearsal plays its people, so it knows who they are."""
        incident, digest, why = standing.incident, standing.digest, "rehearsed"
        if isinstance(standing.request, Requested):
            now = approvals.decide(
                self.journal, incident, digest, approve=yes, by=by, channel=Channel.DRILL, identity_proven=True, why=why
            )
        else:
            now = approvals.done(self.journal, incident, digest, done=yes, by=by, channel=Channel.DRILL, why=why)
        self.resume(now)

    def closed(self, incident: str, *, within: float = 180) -> Closed:
        """How the incident ended."""

        def look() -> Closed | None:
            (entries,) = self._stories.read([incident])
            return next((entry.fact for entry in entries if isinstance(entry.fact, Closed)), None)

        return wait(look, within=within, what=f"the end of {incident}")


@dataclass(frozen=True, kw_only=True)
class Rehearsal(Rehearsing):
    """World and stack, running. Made by `open_rehearsal`."""

    stack: Stack
    receiver: str

    def alert(
        self,
        name: str,
        *,
        environment: str = SEEING,
        fingerprint: str | None = None,
        labels: Mapping[str, str] | None = None,
    ) -> str:
        """Post an Alertmanager payload, as Alertmanager would; the incident that it opened or joined."""
        mark = fingerprint or uuid.uuid4().hex[:16]
        answer = httpx.post(
            f"{self.receiver}/alerts/alertmanager",
            json=payload(name, self.named(environment), mark, labels),
            headers={"Authorization": f"Bearer {TOKEN}"},
            timeout=10,
        )
        answer.raise_for_status()
        return self.incident_with(mark)

    def practise(
        self, cause: str, *, sabotage: str | None = None, environment: str = "practice", runbook: str = "incident"
    ) -> tuple[str, str]:
        """Begin a case of the self-test and start a runbook of it by hand: the case, and the incident."""
        case = f"{cause}-{uuid.uuid4().hex[:8]}"
        self.self_test.break_(case, cause)
        with self.stack.client() as client:
            deployment = client.read_deployment_by_name(f"practice.{runbook}/{runbook}")
            params = {"params": {"case": case, "sabotage": sabotage, "environment": environment}}
            run = client.create_flow_run_from_deployment(deployment.id, parameters=params)
        wakeup.ring(self.stack.home, run.id)
        incident = wait(lambda: self.journal.incident_of(str(run.id)), within=120, what=f"an incident for {case}")
        return case, incident

    @property
    def self_test(self) -> SelfTest:
        """The self-test of this world."""
        return SelfTest(address=self.world.facts.database)

    def resume(self, standing: approvals.Standing) -> None:
        """Let the run behind a settled request go on; the watch does it too, should this be too early."""
        if standing.state is not approvals.State.WAITING:
            assert standing.asked.flow_run is not None
            resume(self.stack.home, standing.asked.flow_run, "Answered in the journal.")


def payload(name: str, environment: str, fingerprint: str, more: Mapping[str, str] | None = None) -> dict[str, Any]:
    """What Alertmanager (payload version 4) sends for one firing alert; `more` labels name what it is about."""
    labels = {"alertname": name, "severity": "critical", "environment": environment, **(more or {})}
    now = clock.now().isoformat()
    alert = {
        "status": "firing",
        "labels": labels,
        "annotations": {"summary": f"{name} on {environment}"},
        "startsAt": now,
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "",
        "fingerprint": fingerprint,
    }
    return {
        "version": "4",
        "groupKey": f'{{}}:{{alertname="{name}"}}',
        "truncatedAlerts": 0,
        "status": "firing",
        "receiver": "codeblue",
        "groupLabels": {"alertname": name},
        "commonLabels": labels,
        "commonAnnotations": {},
        "externalURL": "",
        "alerts": [alert],
    }


@contextmanager
def open_rehearsal(
    folder: Path, *, system: str | None = None, workers: int = 1, limit: int = 8, journal: str | None = None
) -> Generator[Rehearsal]:
    """Start the world and the stack under a folder; ends both. `journal` is an address other than the home's SQLite.

    Without a system, it is the first that has a world.
    """
    kind = world_of(system)
    with (
        variables(kind.trusted(folder / "world")),
        kind.start(folder / "world", max_connections=SLOTS) as world,
        open_stack(folder, receiver_settings(), workers=workers, limit=limit, journal=journal) as running,
    ):
        for name, environment in world.environments(world.facts, pace=PACE).items():
            save(environment, name)
        save(practice(world.facts.database), "practice")
        SelfTest(address=world.facts.database).prepare()
        yield running.on(world)


@dataclass(frozen=True, kw_only=True)
class Running:
    """The stack, running beside whatever world. Made by `open_stack`."""

    stack: Stack
    journal: Journal
    receiver: str

    def on(self, world: World) -> Rehearsal:
        """Both together."""
        return Rehearsal(world=world, stack=self.stack, journal=self.journal, receiver=self.receiver)


@contextmanager
def open_stack(
    folder: Path,
    settings: str,
    *,
    workers: int = 1,
    limit: int = 8,
    journal: str | None = None,
    more: Sequence[DeploymentSpec] = (),
) -> Generator[Running]:
    """Start the stack under a folder, with these settings of the receiver, and nothing that begins by the clock.

    `more` deployments are registered beside those of the project.
    """
    home = Home.at(folder / "home")
    port = free_port()
    keep_secret(home.path / "alertmanager.token", TOKEN)
    keep_secret(home.path / "receiver.toml", settings)
    url = journal or f"sqlite:///{home.path / 'journal.db'}"
    python = [sys.executable, "-m"]
    stack = Stack(
        home,
        deployments=[*specs(unscheduled()), *PRACTICE, *more],
        preload=["deployments.warm"],
        further=[
            Command(name="receiver", argv=[*python, "deployments.receiver", "--port", str(port)]),
            Command(name="watch", argv=[*python, "deployments.watch", "--every", "0.5"]),
        ],
        workers=workers,
        limit=limit,
    )
    with (
        variables({"CODEBLUE_HOME": str(home.path), "CODEBLUE_JOURNAL": url}),
        stack,
        stack.client(),
        Journal.connect(url) as opened,
    ):
        running = Running(stack=stack, journal=opened, receiver=f"http://127.0.0.1:{port}")
        wait(lambda: _answers(running.receiver), within=120, what="the receiver")
        yield running


def _answers(url: str) -> bool | None:
    try:
        return httpx.get(f"{url}/ready", timeout=2).is_success or None
    except httpx.TransportError:
        return None


@contextmanager
def variables(values: Mapping[str, str]) -> Generator[None]:
    """Environment variables while the block runs."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value
