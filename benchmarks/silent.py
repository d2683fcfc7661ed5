"""What `medicalcor.api_not_responding` asks, at once and one after another. Registered by the benchmarks alone."""

from __future__ import annotations

import time
from concurrent.futures import Executor
from dataclasses import replace
from typing import Any

from prefect.client.schemas.objects import State
from prefect.states import Completed

from blocks.medicalcor import MedicalCor
from deployments.stack_register import DeploymentSpec
from flows.incident import runbook_flow, take_up
from flows.medicalcor.api_not_responding import RUNBOOK as ASKED
from flows.medicalcor.probes.api_not_responding import Params
from journal.facts.closed import Closed, Noted
from journal.facts.words import Ending
from runbook import Alert
from sandbox.within.engine import AtOnce
from tasks.engine import carried_by
from tasks.engine_prefect import PrefectEngine
from tasks.gather import gather, read
from tasks.preflight import preflight

TOOK, ALONE = "benchmark:took", "benchmark:alone"
"""The journal keys under which the flow leaves how long either took, in seconds."""

RUNBOOK = replace(ASKED, name="benchmark.silent", starts_on=())
SPEC = DeploymentSpec(name="silent", entrypoint="benchmarks.silent.benchmark_silent")


class OneByOne(PrefectEngine):
    """Lets the requests within a look wait for each other, too."""

    def threads(self, count: int, name: str) -> Executor:  # noqa: ARG002 # none
        return AtOnce()


@runbook_flow(RUNBOOK)
def benchmark_silent(params: Params, alert: Alert | None = None) -> State[Any]:
    """Gather after the preflight, as an incident does; then take the same looks one after another."""
    with take_up(RUNBOOK, MedicalCor, params, alert) as case:
        preflight(case)
        probes = tuple(RUNBOOK.probes().values())
        began = time.perf_counter()
        gather(case, probes)
        took = time.perf_counter() - began
        with carried_by(OneByOne()):
            began = time.perf_counter()
            for one in probes:
                read(case.context, one)
            alone = time.perf_counter() - began
        for key, seconds in ((TOOK, took), (ALONE, alone)):
            case.say(key, Noted(by="benchmark", text=f"{seconds:.6f}"))
        case.say("closed", Closed(ending=Ending.NOT_REPRODUCED, text="It was only measured."))
        return Completed()
