"""Gathering `medicalcor.api_not_responding` beside the same looks one after another, in the same flow run.

Whatever answers over HTTP on loopback does so at once, which no vendor does; so each of its answers is given `EACH`
later, whichever way it is asked. PostgreSQL answers as it is.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

from benchmarks.figures import Figure, Goal, Series, Unit
from benchmarks.silent import ALONE, SPEC, TOOK
from deployments import wakeup
from journal.facts.closed import Noted
from journal.facts.seen import Read
from sandbox.google.server import serve as serve_google
from sandbox.own.really import SETTINGS
from sandbox.rehearsal import Running, open_stack, wait
from sandbox.saving import save
from sandbox.switchboard.serving import served
from sandbox.systems.medicalcor.api.callers import keyed
from sandbox.systems.medicalcor.api.pages import serve
from sandbox.systems.medicalcor.parts import Parts
from sandbox.systems.medicalcor.wiring import medicalcor
from sandbox.systems.medicalcor.world import open_world

EACH = 0.25
"""Seconds by which each answer is late: the order of what Google's APIs take from afar."""

AT_LEAST = 8.0
"""How many times as fast gathering must be."""

REST = 1.0


class Late:
    """Answers as the application does, `EACH` later."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.sleep(EACH)
        await self._app(scope, receive, send)


def googling(folder: Path, rounds: int, tell: Callable[[str], None]) -> Figure:
    """Each round is a flow run in a fresh process, as each incident is; it looks both ways."""
    ours: list[float] = []
    alone: list[float] = []
    slowest: list[float] = []
    with (
        open_world(folder / "world") as world,
        _late(world.parts) as parts,
        open_stack(folder, SETTINGS, more=(SPEC,)) as running,
    ):
        save(medicalcor(parts, pace=1.0), "medicalcor-bench")
        for number in range(rounds + 1):
            tell(f"looks of medicalcor.api_not_responding, {number} of {rounds}")
            took, one_by_one, longest = _round(running)
            if number:
                ours.append(took)
                alone.append(one_by_one)
                slowest.append(longest)
            time.sleep(REST)
    times = [other / own for own, other in zip(ours, alone, strict=True)]
    return Figure(
        title=f"Gathering medicalcor.api_not_responding, each answer {1000 * EACH:.0f} ms late",
        ours=(
            (Series(name="Code Blue, all looks at once", samples=ours), None),
            (Series(name="… times as fast", samples=times, unit=Unit.TIMES), Goal(at_least=AT_LEAST)),
        ),
        references=(Series(name="the same looks one after another", samples=alone),),
        parts=(Series(name="the slowest look", samples=slowest, unit=Unit.MILLISECONDS),),
    )


def _round(running: Running) -> tuple[float, float, float]:
    """Seconds at once, one after another, and of the slowest look. Raises `RuntimeError` where a look was in vain."""
    with running.stack.client() as client:
        deployment = client.read_deployment_by_name("benchmark.silent/silent").id
        params = {"params": {"environment": "medicalcor-bench"}}
        run = client.create_flow_run_from_deployment(deployment, parameters=params).id
    wakeup.ring(running.stack.home, run)
    incident = wait(lambda: running.journal.incident_of(str(run)), within=60, what=f"run {run}")
    wait(lambda: running.journal.recorded(incident, "closed"), within=180, what=f"the end of {incident}")
    facts = {entry.key: entry.fact for entry in running.journal.entries(incident)}
    reads = [one for one in facts.values() if isinstance(one, Read)]
    if blind := [f"{one.probe} ({one.unreadable})" for one in reads if one.unreadable]:
        raise RuntimeError(f"Not everything was seen, so the times say nothing: {', '.join(blind)}.")
    took, alone = (_seconds(facts[key]) for key in (TOOK, ALONE))
    return took, alone, max(one.took.total_seconds() for one in reads)


def _seconds(fact: Any) -> float:
    assert isinstance(fact, Noted)
    return float(fact.text)


@contextmanager
def _late(parts: Parts) -> Generator[Parts]:
    """The same project and API, answering later."""
    google, api = serve_google(parts.project.cloud), serve(parts.api, *keyed(parts.callers))
    with served(_delayed(google)) as url, served(_delayed(api)) as address:
        yield replace(parts, project=replace(parts.project, url=url), address=address)


def _delayed(app: Starlette) -> Starlette:
    app.add_middleware(Late)
    return app
