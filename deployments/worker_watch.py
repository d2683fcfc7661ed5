"""Taking runs up again: after an approval, after a crash, and after the death of a worker.

The journal makes a second start from the top safe (DESIGN.md, section 1), so a killed process costs its run a second
and not its result. `resume` and `reschedule` are for the receiver, the command line and drills; `settle` is the
worker's report on a process that ended badly; `Watch` finds the runs whose worker is gone.
"""

import os
import re
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from prefect.client.orchestration import PrefectClient, SyncPrefectClient
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
    WorkPoolFilter,
    WorkPoolFilterName,
)
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.client.schemas.responses import SetStateStatus
from prefect.states import Cancelled, Crashed, Scheduled

from deployments.stack_home import Home
from deployments.wakeup import ring

TAKE_UPS = 3
"""How often a run whose process was killed is started again before it stays crashed for a person to look at."""
TAKEN_UP = "codeblue.taken-up"
"""The flow run's label that counts them."""

_NO_FORM_YET = "Run input schema not found."
_FORM_WITHIN = 2.0
_ENDING_HERE = {StateType.RUNNING, StateType.PENDING, StateType.CANCELLING}


class NotResumedError(Exception):
    """The run could not be resumed or started again: `reason` is Prefect's. Look at the run's state first."""

    def __init__(self, flow_run_id: UUID, reason: str) -> None:
        super().__init__(flow_run_id, reason)
        self.flow_run_id, self.reason = flow_run_id, reason

    def __str__(self) -> str:
        return f"Run {self.flow_run_id} was not resumed: {self.reason} Look at its state before trying again."


def resume(
    home: Home, client: SyncPrefectClient, flow_run_id: UUID, run_input: Mapping[str, Any] | None = None
) -> None:
    """Let a suspended run go on, with the values of the form it asks for, and ring for a worker.

    Raises NotResumedError when the run does not wait (any more) or `run_input` does not fit its form; of two
    simultaneous calls one raises. The run is untouched then.
    """
    deadline = time.monotonic() + _FORM_WITHIN
    while True:
        answer = client.resume_flow_run(flow_run_id, run_input=None if run_input is None else dict(run_input))
        # A run is suspended a moment before its form is there: Prefect stores them in two steps.
        if _reason(answer) != _NO_FORM_YET or time.monotonic() > deadline:
            break
        time.sleep(0.05)
    if answer.status is not SetStateStatus.ACCEPT:
        raise NotResumedError(flow_run_id, _reason(answer))
    ring(home, flow_run_id)


def reschedule(home: Home, client: SyncPrefectClient, flow_run_id: UUID, why: str = "Started again by hand.") -> None:
    """Start a run that is over again from the top, as the same run, and ring for a worker.

    A crashed run keeps the answers already given to its suspensions: Prefect drops them unless the state is forced.
    Any other run loses them, and asks again: one whose suspension expired would otherwise get an empty answer.
    Raises NotResumedError when the run is not over (two processes must never work on one run) or Prefect refuses.
    """
    state = client.read_flow_run(flow_run_id).state
    if state is None or not state.is_final():
        raise NotResumedError(flow_run_id, f"It is {state.name if state else 'without a state'}, not over.")
    answer = client.set_flow_run_state(flow_run_id, Scheduled(message=why), force=state.is_crashed())
    if answer.status is not SetStateStatus.ACCEPT:
        raise NotResumedError(flow_run_id, _reason(answer))
    ring(home, flow_run_id)


@dataclass(frozen=True)
class Owner:
    """Which worker process holds a run: written into the run's Pending state, read back when it goes missing.

    `started` is the kernel's start time of the process, since process ids are given out again; `boot` the start of
    the machine.
    """

    host: str
    boot: str
    pid: int
    started: int

    @classmethod
    def me(cls) -> "Owner":
        """This process."""
        return cls(socket.gethostname(), _boot(), os.getpid(), _start_time(os.getpid()) or 0)

    def __str__(self) -> str:
        return f"{self.host}-{self.boot}-{self.pid}-{self.started}"

    @classmethod
    def named_in(cls, text: str | None) -> "Owner | None":
        """The owner named in a state's message, if one is."""
        found = re.search(r"worker (\S+)-([0-9a-f]+)-(\d+)-(\d+)", text or "")
        return None if found is None else cls(found[1], found[2], int(found[3]), int(found[4]))

    def is_alive(self) -> bool | None:
        """Whether that process still runs; `None` when it belongs to another machine, so we cannot see it."""
        if self.host != socket.gethostname():
            return None
        return self.boot == _boot() and _start_time(self.pid) == self.started


@dataclass(frozen=True)
class Watch:
    """Finds the runs of a pool that somebody left in Pending, Running or Cancelling by dying."""

    client: PrefectClient
    pool: str
    me: Owner

    async def orphans(self, holds: Callable[[UUID], bool]) -> list[tuple[FlowRun, str]]:
        """The runs nobody works on, each with the sentence that says why; `holds` are this worker's own.

        A run on another machine is orphaned when Prefect has stopped hearing from that machine's worker. A run that
        was not taken by a worker of ours is left alone.
        """
        runs = await self.client.read_flow_runs(
            work_pool_filter=WorkPoolFilter(name=WorkPoolFilterName(any_=[self.pool])),
            flow_run_filter=FlowRunFilter(state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[*_ENDING_HERE]))),
        )
        found: list[tuple[FlowRun, str]] = []
        for run in runs:
            if holds(run.id) or (owner := await self._owner(run)) is None or holds(run.id):
                continue
            alive = owner.is_alive()
            if owner == self.me:
                found.append((run, "Its process ended without a word."))
            elif alive is False or (alive is None and await self._is_silent(owner)):
                found.append((run, f"Its worker (process {owner.pid} on {owner.host}) is gone."))
        return found

    async def _owner(self, run: FlowRun) -> Owner | None:
        if run.state and (owner := Owner.named_in(run.state.message)):
            return owner
        states = await self.client.read_flow_run_states(run.id)
        for state in sorted(states, key=lambda s: s.timestamp, reverse=True):
            if state.type is StateType.PENDING:
                return Owner.named_in(state.message)
        return None

    async def _is_silent(self, owner: Owner) -> bool:
        workers = await self.client.read_workers_for_work_pool(self.pool)
        return not any(w.name == str(owner) and w.status == "ONLINE" for w in workers)


async def settle(client: PrefectClient, flow_run_id: UUID, why: str, *, again: bool, limit: int = TAKE_UPS) -> bool:
    """Report a run whose process is gone: Cancelled if that was wanted, else Crashed; whether it will start again.

    It starts again when `again` says so and it has done so fewer than `limit` times. A run that has meanwhile ended,
    suspended or been reported by another worker is left as it is. Raises httpx errors when Prefect cannot be reached.
    """
    run = await client.read_flow_run(flow_run_id)
    if run.state is None or run.state.type not in _ENDING_HERE:
        return False
    if run.state.type is StateType.CANCELLING:
        await client.set_flow_run_state(flow_run_id, Cancelled(message="Its process was ended as asked."), force=True)
        return False
    answer = await client.set_flow_run_state(flow_run_id, Crashed(message=why))
    if answer.status is not SetStateStatus.ACCEPT or not again:
        return False
    before = int(str(run.labels.get(TAKEN_UP, 0)))
    if before >= limit:
        return False
    await client.update_flow_run_labels(flow_run_id, {TAKEN_UP: before + 1})
    message = f"{why} Started again from the top ({before + 1} of {limit})."
    await client.set_flow_run_state(flow_run_id, Scheduled(message=message), force=True)
    return True


def _reason(answer: Any) -> str:
    reason = getattr(answer.details, "reason", None) or f"Prefect answered {answer.status.value}"
    return reason if reason.endswith(".") else f"{reason}."


@cache
def _boot() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text()[:8]


def _start_time(pid: int) -> int | None:
    """When process `pid` started, in clock ticks since the machine did; `None` when there is none or it is dying."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else int(fields[19])
