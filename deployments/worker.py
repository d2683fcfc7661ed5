"""The worker: takes the runs that are due and has each of them executed in a forked process of its own.

Started by `stack` (or by hand on further machines: `python -m deployments.worker --help`); woken by `wakeup`; holds
what it has taken in `worker_runs`; finds what others lost through `worker_watch`. One event loop, no threads.

It is not a subclass of Prefect's `BaseWorker`: that one makes seven requests for each run before it starts anything
(0.14-0.18 s; this one two, 0.03 s), sleeps between polls without an ear for a wake-up, and reports crashes but does not
start runs again.
"""

import argparse
import asyncio
import logging
import signal
import sys
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.filters import (
    DeploymentFilter,
    DeploymentFilterId,
    FlowRunFilter,
    FlowRunFilterId,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.client.schemas.responses import SetStateStatus
from prefect.exceptions import ObjectNotFound
from prefect.states import Pending

from deployments.stack_home import POOL, Home
from deployments.wakeup import Wakeup
from deployments.worker_runs import AWAY, Runs, is_away
from deployments.worker_watch import Owner, Watch
from deployments.worker_zygote import ZygoteGoneError
from journal.clean_output import keep_clean

log = logging.getLogger("codeblue.worker")

LINES = "%(asctime)s %(levelname)s %(name)s %(message)s"
"""How a line of the log looks; `part_logs` reads it."""

UNTIL_ONLINE = 0.5
"""Seconds between tries of the first heartbeat: a worker starts beside the server, which makes the pool later."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How a worker behaves; all times in seconds."""

    pool: str = POOL
    preload: tuple[str, ...] = ()
    """Modules the zygote imports before the first run: those of the flows."""
    limit: int = 8
    """Runs at the same time. A run mostly waits for other systems, so more than one fits a core."""
    spares: int = 2
    """Processes that wait ready for a run."""
    poll: float = 2.0
    """How long a run that was resumed in Prefect's UI, without a wake-up, waits at most."""
    watch: float = 10.0
    """Between heartbeats, and between looks for runs whose worker is gone."""
    grace: float = 10.0
    """How long runs may go on after SIGTERM before they are handed to the next worker."""


class Worker:
    """One worker process. `run()` returns some time after `stop()`."""

    def __init__(self, home: Home, settings: Settings) -> None:
        self._home, self._set, self._me = home, settings, Owner.me()
        self._due: list[UUID | None] = []
        self._looks_at = 0.0
        self._wake = asyncio.Event()
        self._stopped = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._entrypoints: dict[UUID, str] = {}
        self._ask_first = self._online = False
        self._client: PrefectClient
        self._runs: Runs

    async def run(self) -> None:
        """Work until told to stop, then hand over what is still running."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        async with get_client() as self._client:
            self._runs = Runs(
                self._client,
                limit=self._set.limit,
                spares=self._set.spares,
                preload=self._set.preload,
                freed=lambda again: self._hear([again]),
            )
            wakeup = Wakeup(self._home)
            loop.add_reader(wakeup.socket, lambda: self._hear(wakeup.heard()))
            try:
                await self._work()
                await self._runs.finish(self._set.grace)
            finally:
                loop.remove_reader(wakeup.socket)
                wakeup.close()
                self._runs.close()

    def stop(self) -> None:
        """Take no more runs; let those running finish within the grace time."""
        self._stopped.set()

    async def _work(self) -> None:
        stopped = asyncio.create_task(self._stopped.wait())
        tasks: set[asyncio.Task[Any]] = {stopped}
        tasks |= {asyncio.create_task(keep()) for keep in (self._keep_looking, self._keep_watching)}
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:  # a request may be waiting for a server that is away, for minutes
            task.cancel()
        for task in done - {stopped}:
            task.result()  # neither ends but by an internal error: end loudly, the supervisor starts another worker

    # -- waking up -------------------------------------------------------------------------------------------------

    def _hear(self, rings: Sequence[UUID | None]) -> None:
        self._due += rings
        self._wake.set()

    async def _keep_looking(self) -> None:
        while True:
            await self._guarded(self._look())
            await self._doze()

    async def _doze(self) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), self._looks_at - asyncio.get_running_loop().time())
        self._wake.clear()

    async def _look(self) -> None:
        """Take what it was woken for by name; after a plain wake-up, and at each poll, ask Prefect for all that is due.

        Polls have a time of their own: were they only what comes when nobody rings, no schedule would be heard while
        many incidents wait, whose runs are all named to it.
        """
        due, self._due = self._due, []
        now = asyncio.get_running_loop().time
        for run_id in dict.fromkeys(due):
            if run_id is not None and not self._ask_first:
                self._spawn(self._take_named(run_id))
        if None in due or self._ask_first or now() >= self._looks_at:
            try:
                await self._take_due()
                await self._cancel_wanted()
            finally:
                self._looks_at = now() + self._set.poll

    # -- taking runs -----------------------------------------------------------------------------------------------

    async def _take_due(self) -> None:
        if self._runs.full:
            return
        try:
            found = await self._client.get_scheduled_flow_runs_for_work_pool(
                self._set.pool, scheduled_before=datetime.now(UTC)
            )
        except ObjectNotFound:  # the pool is made by `register`, a moment after we start
            return
        for entry in found:
            self._spawn(self._take(entry.flow_run.id, entry.flow_run))

    async def _take_named(self, run_id: UUID) -> None:
        await self._take(run_id, None)

    async def _take(self, run_id: UUID, run: FlowRun | None) -> None:
        """Claim one run (Pending: of two workers only one is told yes) and have it executed, if there is a place."""
        if self._stopped.is_set():
            return
        if not self._runs.reserve(run_id):
            self._runs.remember(run_id)
            return
        submitted = False
        try:
            if run is None:
                run = await self._client.read_flow_run(run_id)
                if not self._is_due(run):
                    return
            entrypoint = await self._entrypoint(run)
            answer = await self._client.set_flow_run_state(run.id, Pending(message=f"Taken by worker {self._me}."))
            if answer.status is SetStateStatus.ACCEPT and answer.state is not None and answer.state.is_pending():
                run.state, run.state_type, run.state_name = answer.state, answer.state.type, answer.state.name
                self._runs.submit(run, entrypoint)
                submitted = True
        except ObjectNotFound:
            log.warning("Run %s or its deployment has been deleted.", run_id)
        finally:
            if not submitted:
                self._runs.release(run_id)

    def _is_due(self, run: FlowRun) -> bool:
        start = run.next_scheduled_start_time
        ours = run.work_pool_name == self._set.pool and run.deployment_id is not None
        return (
            ours
            and run.state is not None
            and run.state.is_scheduled()
            and (start is None or start <= datetime.now(UTC))
        )

    async def _entrypoint(self, run: FlowRun) -> str:
        assert run.deployment_id is not None, "a pool only has runs of deployments"
        if run.deployment_id not in self._entrypoints:
            deployment = await self._client.read_deployment(run.deployment_id)
            self._entrypoints[run.deployment_id] = deployment.entrypoint or ""
        return self._entrypoints[run.deployment_id]

    async def _learn_entrypoints(self) -> None:
        """Read again what is known: a deployment may have got another flow."""
        if not self._entrypoints:
            return
        known = DeploymentFilter(id=DeploymentFilterId(any_=list(self._entrypoints)))
        for deployment in await self._client.read_deployments(deployment_filter=known):
            self._entrypoints[deployment.id] = deployment.entrypoint or ""

    # -- looking after them ----------------------------------------------------------------------------------------

    async def _cancel_wanted(self) -> None:
        if len(self._runs) == 0:
            return
        wanted = await self._client.read_flow_runs(
            flow_run_filter=FlowRunFilter(
                id=FlowRunFilterId(any_=list(self._runs)),
                state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.CANCELLING])),
            )
        )
        self._runs.cancel((run.id for run in wanted), self._set.grace)

    async def _keep_watching(self) -> None:
        watch = Watch(self._client, self._set.pool, self._me)
        while True:
            await self._guarded(self._look_after(watch))
            await asyncio.sleep(self._set.watch if self._online else UNTIL_ONLINE)

    async def _look_after(self, watch: Watch) -> None:
        try:
            pool = await self._client.read_work_pool(self._set.pool)
        except ObjectNotFound:
            return  # the stack is about to make it
        await self._client.send_worker_heartbeat(self._set.pool, str(self._me), max(1, round(self._set.watch)))
        self._online = True
        # A ring skips the question that obeys the pool's pause and limit, so it does not count while they are used.
        self._ask_first = pool.is_paused or pool.concurrency_limit is not None
        await self._learn_entrypoints()
        for run, why in await watch.orphans(self._runs.__contains__):
            await self._runs.adopt(run.id, why)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(self._guarded(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except AWAY as exc:
            if not is_away(exc):  # a refused request is an internal error, to be seen; the worker lives on
                log.exception("Prefect refused a request.")
            else:
                log.warning("Prefect does not answer (%s); trying again.", type(exc).__name__)
        except ZygoteGoneError:
            log.warning("A run could not be handed to a process; the watch will find it.")


def main(argv: Sequence[str] | None = None) -> None:
    """Run a worker in this process until SIGTERM or Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m deployments.worker", description="Execute incident runs.")
    parser.add_argument("--pool", default=POOL)
    parser.add_argument("--limit", type=int, default=Settings.limit, help="runs at the same time")
    parser.add_argument("--grace", type=float, default=Settings.grace, help="seconds runs may go on after SIGTERM")
    parser.add_argument("--poll", type=float, default=Settings.poll, help="seconds between looks without a wake-up")
    parser.add_argument("--watch", type=float, default=Settings.watch, help="seconds between looks for lost runs")
    parser.add_argument("preload", nargs="*", help="modules to import before the first run")
    args = parser.parse_args(argv)
    keep_clean()
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format=LINES)
    settings = Settings(
        pool=args.pool,
        preload=tuple(args.preload),
        limit=args.limit,
        poll=args.poll,
        watch=args.watch,
        grace=args.grace,
    )
    asyncio.run(Worker(Home.at(), settings).run())


if __name__ == "__main__":
    main()
