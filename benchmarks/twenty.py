"""A runbook of twenty probes of 200 ms each, and a flow that only gathers. Registered by the benchmarks alone."""

from __future__ import annotations

import time
from typing import Any

from prefect.client.schemas.objects import State
from prefect.states import Completed

from blocks.rung import Rung
from deployments.stack_register import DeploymentSpec
from flows.incident import runbook_flow, take_up
from journal.facts.closed import Closed, Noted
from journal.facts.words import Ending
from runbook import Alert, Context, Facts, Form, Probe, Runbook, Severity, look
from tasks.gather import gather

PROBES = 20
EACH = 0.2
"""Seconds that the server sleeps for each probe."""

TOOK = "benchmark:took"
"""The journal key under which the flow leaves how long it gathered, in seconds."""


class Params(Form):
    """Where to look."""


class Slept(Facts):
    """A probe has slept."""

    seconds: float


@look("postgres:connect", bound="one row")
def sleep(database: Any, seconds: float) -> Slept:
    """Have the server sleep."""
    with database.reading() as connection:
        connection.execute("select pg_sleep(%s)", (seconds,))
    return Slept(seconds=seconds)


def _probe(number: int) -> Probe[Rung, Params, Slept]:
    def read(c: Context[Rung, Params]) -> Slept:
        return sleep(c.env.database, EACH)

    name = f"look_{number:02}"
    return Probe(name=name, asks=f"Look {number}?", read=read, reads=Slept, uses=(sleep,), source="benchmark")


ALL = tuple(_probe(number) for number in range(1, PROBES + 1))

RUNBOOK = Runbook[Rung, Params](
    name="benchmark.twenty",
    title="Twenty probes",
    about="Nothing is wrong; it is asked twenty times.",
    source="benchmark",
    version="1",
    severity=Severity.WARNING,
    environment="rung-practice",
    symptom=ALL[0].shows("the server sleeps for at least a minute", lambda r: r.seconds >= 60),  # noqa: PLR2004 # as the sentence says
    hypotheses=(),
    mitigations=(),
    escalation=Rung.DATA,
    also_asks=ALL,
)

SPEC = DeploymentSpec(name="twenty", entrypoint="benchmarks.twenty.benchmark_twenty")


@runbook_flow(RUNBOOK)
def benchmark_twenty(params: Params, alert: Alert | None = None) -> State[Any]:
    """Gather, leave how long that took, close."""
    with take_up(RUNBOOK, Rung, params, alert) as case:
        began = time.perf_counter()
        gather(case, RUNBOOK.probes().values())
        took = time.perf_counter() - began
        case.say(TOOK, Noted(by="benchmark", text=f"{took:.6f}"))
        case.say("closed", Closed(ending=Ending.NOT_REPRODUCED, text="It was only measured."))
        return Completed()
