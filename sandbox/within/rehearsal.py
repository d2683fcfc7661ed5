"""Sandbox and pipeline in one process: an alert is routed as ever, and each pass is a call of the runbook's flow."""

from __future__ import annotations

import json
import tomllib
import uuid
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from blocks.environment import Environment
from deployments.deployed import listed
from deployments.private_files import keep_secret
from deployments.receiver.dispatch import opened_by
from deployments.receiver.formats import Call, Format, Tools
from deployments.receiver.formats.alertmanager import Options, make
from deployments.receiver.routing import Route, Routes, systems_of
from deployments.receiver.settings import checked
from journal import approvals, clock
from journal.facts.done import UnderWay
from journal.facts.waited import WaitBegun
from journal.redaction import redact_fact
from sandbox.aws import ACCOUNT
from sandbox.eyes import SEEING, saved_as
from sandbox.faults import find
from sandbox.overlay import tick
from sandbox.rehearsal import SLOTS, TOKEN, Rehearsing, payload, variables
from sandbox.selftest.settings import as_in_life, receiver_settings
from sandbox.turns import LONG, PACE, RARE, SHORT, take, turn_seconds
from sandbox.within.ages import Ages
from sandbox.within.aws import Within
from sandbox.within.clock import PracticeClock
from sandbox.within.engine import ProcessEngine
from sandbox.within.record import collecting_rarely, opened_for_practice
from sandbox.world import World
from sandbox.worlds import world_of
from tasks.engine import Run, carried_by

UNTIL_TAKEN_UP = 1.0
"""Seconds from an alert or an answer to the first line of the pass, as a worker needs them."""

GOOD_TIMES = 16 * 60.0
"""Seconds in which nothing is wrong before a drill: longer than any cooldown, so that it may change what it must."""

UNTIL_TOLD = 12 * 60.0
"""Seconds from a fault to the alert: a whole period of five minutes, and the minute in which its values settle."""

FORGOTTEN = 86_400.0
"""Seconds: a day, as far as any runbook looks back."""


@dataclass(frozen=True, kw_only=True)
class ProcessRehearsal(Rehearsing):
    """World and pipeline. Made by `open_within`."""

    clock: PracticeClock
    engine: ProcessEngine
    format: Format
    routes: Mapping[bool, Routes]
    environments: Mapping[bool, Mapping[str, Environment]]
    """Each by whether an incident is as long as in life."""
    ages: list[Ages] = field(default_factory=list[Ages])
    """What tells the database the time of the practice clock, while a drill has its own."""
    _runs: dict[str, tuple[str, Run, Mapping[str, Any]]] = field(default_factory=dict)
    _long: list[bool] = field(default_factory=lambda: [False])

    @property
    def pace(self) -> float:
        """What a second of holding takes."""
        return 1.0 if self._long[0] else PACE

    def begin(self, runbook: str, fault: str | None, bounds: Mapping[str, Any], *, own_time: bool = False) -> None:
        """Keep the machine's time with clients that live by it; otherwise let production live for a while, and well."""
        found = None if fault is None else find(self.world.faults_from, fault, bounds)
        self.clock.in_earnest = found is not None and found.in_earnest
        assert not (own_time and self.clock.in_earnest), f"{fault} lives by the machine's time"
        self._long[:] = [own_time or (not self.clock.in_earnest and runbook in as_in_life())]
        self._see_ages(own_time=own_time)
        take(LONG if self._long[0] else SHORT)
        self.engine.use(self.environments[self._long[0]])
        if not self._long[0]:
            super().begin(runbook, fault, bounds)
            return
        self.world.begin_afresh(seconds=FORGOTTEN)
        take(RARE)
        self.clock.sleep(GOOD_TIMES)
        take(LONG)

    def rest(self, seconds: float) -> None:
        """Time costs nothing yet, whatever will be broken: those who live by the machine's come with the fault."""
        in_earnest, self.clock.in_earnest = self.clock.in_earnest, False
        try:
            super().rest(seconds)
        finally:
            self.clock.in_earnest = in_earnest

    def last(self) -> None:
        """Let the incident fill whole periods of the runbook's own window; at least, let everybody see it once."""
        self.clock.sleep(UNTIL_TOLD if self._long[0] else turn_seconds())

    def let_pass(self, time: timedelta) -> None:
        """Time costs nothing here; of a long one, only the end is lived turn by turn."""
        if time:
            take(RARE)
            self.clock.sleep(max(0.0, time.total_seconds() - UNTIL_TOLD))
            take(LONG)
            self.clock.sleep(min(time.total_seconds(), UNTIL_TOLD))

    def let_wait(self, incident: str, begun: WaitBegun | UnderWay) -> None:
        """The time until the next look, and that."""
        clock.sleep(begun.every.total_seconds())
        self.again(incident)

    def again(self, incident: str) -> None:
        """One more pass of the incident's run."""
        run = next(entry.flow_run for entry in self.journal.entries(incident) if entry.kind == "taken_up")
        assert run is not None
        self._carry(*self._runs[run])

    def _see_ages(self, *, own_time: bool) -> None:
        """Let PostgreSQL's moments be those of the practice clock, where somebody looks at ages in that time."""
        self.see_as_it_is()
        if own_time:
            self.ages.append(Ages(self.world.facts.database))

    def see_as_it_is(self) -> None:
        """Let PostgreSQL's moments be the server's own again."""
        while self.ages:
            self.ages.pop().close()

    def alert(
        self,
        name: str,
        *,
        environment: str = SEEING,
        fingerprint: str | None = None,
        labels: Mapping[str, str] | None = None,
    ) -> str:
        """What the receiver makes of an Alertmanager payload; the incident that it opened, after its first pass."""
        body = json.dumps(payload(name, self.named(environment), fingerprint or uuid.uuid4().hex[:16], labels)).encode()
        alert = self.format.read(Call(body=body, headers={}, now=clock.now())).items[0].alert
        route = self.routes[self._long[0]](alert)
        assert isinstance(route, Route), f"{name}: {route.why}"
        opened = redact_fact(opened_by(alert, route))
        run = Run(id=str(uuid.uuid4()))
        incident, _new = self.journal.open_incident(opened, flow_run=run.id)
        params = {"params": {**route.params, "environment": route.environment}, "alert": opened.alert}
        self._carry(route.deployment, run, params)
        return incident.id

    def resume(self, standing: approvals.Standing) -> None:
        """The next pass of the run behind a settled request."""
        if standing.state is not approvals.State.WAITING:
            assert standing.asked.flow_run is not None
            self._carry(*self._runs[standing.asked.flow_run])

    def _carry(self, deployment: str, run: Run, params: Mapping[str, Any]) -> None:
        """One pass, and the first of every run that it started."""
        clock.sleep(UNTIL_TAKEN_UP)
        self._runs[run.id] = (deployment, run, params)
        flow: Any = flows()[deployment]
        given = flow.validate_parameters(dict(params))
        self.engine.during(run, lambda: flow.fn(**given))
        while self.engine.waiting:
            self._carry(*self.engine.waiting.popleft())


@cache
def flows() -> Mapping[str, Any]:
    """Every runbook's flow, by the name of its deployment."""
    return {f"{one.runbook}/{one.name}": one.flow for one in listed()}


@contextmanager
def open_within(folder: Path, *, system: str | None = None) -> Generator[ProcessRehearsal]:
    """Start world and pipeline under a folder; ends both. Without a system, the first that has a world."""
    kind = world_of(system)
    folder.mkdir(parents=True, exist_ok=True)
    clouds: list[Within] = []
    worlds: list[World] = []
    ages: list[Ages] = []

    def live() -> None:
        for cloud in clouds:
            tick.turn(cloud.stage)
        for world in worlds:
            world.show()
        for one in ages:
            one.tell()

    def within(handlers: Mapping[str, Any]) -> Within:
        clouds.append(Within(handlers))
        return clouds[-1]

    keep_secret(folder / "alertmanager.token", TOKEN)
    tools = Tools(home=folder, fetch=nothing, keep=lambda _keys: None)
    url = f"sqlite:///{folder / 'journal.db'}"
    practice = PracticeClock(live=live)
    saved = {saved_as(kind.system, eyes): (kind.system,) for eyes in kind.eyes}
    routes = {long: _routes(saved, as_in_life=long) for long in (False, True)}
    trusted = kind.trusted(folder / "world")
    with (
        variables({"CODEBLUE_HOME": str(folder), "CODEBLUE_JOURNAL": url, "MOTO_ACCOUNT_ID": ACCOUNT, **trusted}),
        clock.use(practice),
        kind.start(folder / "world", max_connections=SLOTS, within=within) as world,
        opened_for_practice(url) as journal,
    ):
        worlds.append(world)
        environments = {long: kind.environments(world.facts, pace=pace) for long, pace in ((False, PACE), (True, 1.0))}
        engine = ProcessEngine(environments[False], journal, lambda: 0.0 if practice.in_earnest else turn_seconds())
        here = ProcessRehearsal(
            world=world,
            journal=journal,
            clock=practice,
            engine=engine,
            format=make(Options(secrets=["file:alertmanager.token"], header=None, body_limit=2**20), tools),
            routes=routes,
            environments=environments,
            ages=ages,
        )
        with carried_by(engine), collecting_rarely():
            try:
                yield here
            finally:
                here.see_as_it_is()


def _routes(saved: Mapping[str, tuple[str, ...]], *, as_in_life: bool) -> Routes:
    settings = checked(tomllib.loads(receiver_settings(as_in_life=as_in_life)), "receiver.toml")
    of_systems = settings.of_systems()
    return Routes(settings.routes, of_systems, systems_of(of_systems, saved=lambda name: saved.get(name, ())))


async def nothing(_address: str) -> bytes:
    """Stands in for fetching what a sender names."""
    raise AssertionError("Alertmanager's format fetches nothing")
