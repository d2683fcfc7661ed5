"""The worker: takes the runs that are due and has each of them executed in a forked process of its own.

Started by `stack` (or by hand on further machines: `python -m deployments.worker --help`); woken by `bell`; starts
processes through `worker_zygote`; finds lost runs through `worker_watch`. One event loop, no threads.

It is not a subclass of Prefect's `BaseWorker`: that one asks Prefect eight things for each run before it starts
anything, sleeps between polls without an ear for a bell, and reports crashes but does not take runs up again.
"""

import argparse
import asyncio
import logging
import os
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from uuid import UUID

import httpx
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId, FlowRunFilterState, FlowRunFilterStateType
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.client.schemas.responses import SetStateStatus
from prefect.exceptions import ObjectNotFound, PrefectHTTPStatusError
from prefect.states import Pending
from prefect.types._datetime import now

from deployments.bell import Bell
from deployments.execute import NOT_REPORTED
from deployments.stack_home import POOL, Home
from deployments.worker_watch import Owner, Watch, settle
from deployments.worker_zygote import Ended, Taken, Zygote, ZygoteGoneError, die_with

log = logging.getLogger("codeblue.worker")

_AWAY = (httpx.TransportError, httpx.HTTPStatusError, PrefectHTTPStatusError)
"""What the client raises when Prefect cannot be asked right now."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How a worker behaves; all times in seconds."""

    pool: str = POOL
    preload: tuple[str, ...] = ()
    limit: int = 8
    """Runs at the same time. A run mostly waits for other systems, so more than one fits a core."""
    spares: int = 2
    poll: float = 2.0
    """How long a run that was resumed in Prefect's UI, without a bell, waits at most."""
    watch: float = 10.0
    grace: float = 10.0
    """How long runs may go on after SIGTERM before they are handed to the next worker."""


@dataclass
class _Job:
    run_id: UUID
    pid: int | None = None
    sent: float = field(default_factory=time.monotonic)
    cancelled: float | None = None


class Worker:
    """One worker process. `run()` returns after `stop()`."""

    def __init__(self, home: Home, settings: Settings) -> None:
        self._home, self._set, self._me = home, settings, Owner.me()
        self._jobs: dict[UUID, _Job] = {}
        self._due: list[UUID | None] = [None]
        self._wake = asyncio.Event()
        self._stopping = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._entrypoints: dict[UUID, str | None] = {}
        self._paused = False
        self._zygote: Zygote
        self._client: PrefectClient

    async def run(self) -> None:
        """Work until told to stop, then hand over what is still running."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        self._start_zygote()
        bell = Bell(self._home)
        loop.add_reader(bell.socket, lambda: self._hear(bell.heard()))
        try:
            async with get_client() as self._client:
                watching = asyncio.create_task(self._keep_watching())
                while not self._stopping:
                    await self._guarded(self._look())
                    with suppress(TimeoutError):
                        await asyncio.wait_for(self._wake.wait(), self._set.poll)
                    self._wake.clear()
                    if not self._due:
                        self._due = [None]
                loop.remove_reader(bell.socket)
                bell.close()
                watching.cancel()
                await self._hand_over()
        finally:
            bell.close()
            self._drop_zygote()

    def stop(self) -> None:
        """Take no more runs; let those running finish within the grace time."""
        self._stopping = True
        self._wake.set()

    # -- taking runs -----------------------------------------------------------------------------------------------

    def _hear(self, rings: Sequence[UUID | None]) -> None:
        self._due += rings
        self._wake.set()

    async def _look(self) -> None:
        """Start what was rung for by name; ask Prefect for all that is due when there was a plain ring or none."""
        due, self._due = self._due, []
        named = {run_id for run_id in due if run_id is not None}
        for run_id in named:
            self._spawn(self._take_named(run_id))
        if None in due or (named and len(self._jobs) >= self._set.limit):
            await self._poll()
        await self._cancel_wanted()

    async def _poll(self) -> None:
        if len(self._jobs) >= self._set.limit:
            return
        try:
            found = await self._client.get_scheduled_flow_runs_for_work_pool(self._set.pool, scheduled_before=now("UTC"))
        except ObjectNotFound:  # the pool is made by `register`, a moment after us
            return
        for entry in found:
            if self._reserve(entry.flow_run.id):
                self._spawn(self._take(entry.flow_run))

    async def _take_named(self, run_id: UUID) -> None:
        if self._paused or not self._reserve(run_id):
            return
        try:
            run = await self._client.read_flow_run(run_id)
        except ObjectNotFound:
            del self._jobs[run_id]
            return
        except BaseException:
            del self._jobs[run_id]
            raise
        due = run.next_scheduled_start_time
        ours = run.work_pool_name == self._set.pool and run.state is not None and run.state.is_scheduled()
        if ours and (due is None or due <= now("UTC")):
            await self._take(run)
        else:
            del self._jobs[run_id]

    def _reserve(self, run_id: UUID) -> bool:
        if self._stopping or run_id in self._jobs or len(self._jobs) >= self._set.limit:
            return False
        self._jobs[run_id] = _Job(run_id)
        return True

    async def _take(self, run: FlowRun) -> None:
        """Claim one run (Pending: of two workers only one is told yes) and have it executed."""
        try:
            entrypoint = await self._entrypoint(run)
            answer = await self._client.set_flow_run_state(run.id, Pending(message=f"Taken by worker {self._me}."))
            if answer.status is not SetStateStatus.ACCEPT or answer.state is None or not answer.state.is_pending():
                del self._jobs[run.id]
                return
            run.state, run.state_type, run.state_name = answer.state, answer.state.type, answer.state.name
            self._jobs[run.id].sent = time.monotonic()
            self._zygote.submit(run.id, entrypoint or "", run.model_dump_json())
        except BaseException:
            self._jobs.pop(run.id, None)
            raise

    async def _entrypoint(self, run: FlowRun) -> str | None:
        if run.deployment_id is None:
            return None
        if run.deployment_id not in self._entrypoints:
            self._entrypoints[run.deployment_id] = (await self._client.read_deployment(run.deployment_id)).entrypoint
        return self._entrypoints[run.deployment_id]

    # -- what became of them ---------------------------------------------------------------------------------------

    def _start_zygote(self) -> None:
        self._zygote = Zygote(os.environ, self._set.preload, self._set.spares)
        for ours in (self._zygote.jobs, self._zygote.control):
            asyncio.get_running_loop().add_reader(ours, self._on_news)

    def _drop_zygote(self) -> None:
        for ours in (self._zygote.jobs, self._zygote.control):
            asyncio.get_running_loop().remove_reader(ours)
        self._zygote.close()

    def _on_news(self) -> None:
        try:
            news = self._zygote.news()
        except ZygoteGoneError:
            log.exception("The process that starts runs has ended; starting another.")
            self._drop_zygote()
            for job in list(self._jobs.values()):
                self._spawn(self._settle(job, "The process that starts runs was killed.", again=True))
            self._start_zygote()
            return
        for item in news:
            match item:
                case Taken(run_id, pid):
                    if job := self._jobs.get(run_id):
                        job.pid = pid
                case Ended(pid, status):
                    self._ended(pid, status)

    def _ended(self, pid: int, status: int) -> None:
        job = next((j for j in self._jobs.values() if j.pid == pid), None)
        if job is None:
            return
        if status < 0:
            why = f"Its process was killed by {signal.Signals(-status).name}."
            self._spawn(self._settle(job, why, again=True))
        elif status:
            why = "Its flow could not be started; the run's log says why." if status == NOT_REPORTED else ""
            self._spawn(self._settle(job, why or f"Its process ended with exit code {status}.", again=False))
        else:
            del self._jobs[job.run_id]
            self._hear([])

    async def _settle(self, job: _Job, why: str, *, again: bool) -> None:
        log.warning("Run %s: %s", job.run_id, why)
        while True:
            try:
                restarted = await settle(self._client, job.run_id, why, again=again)
                break
            except ObjectNotFound:
                restarted = False
                break
            except _AWAY:
                log.warning("Run %s cannot be reported yet: Prefect does not answer.", job.run_id)
                await asyncio.sleep(1)
        self._jobs.pop(job.run_id, None)
        self._hear([job.run_id if restarted else None])

    async def _cancel_wanted(self) -> None:
        """End the processes of runs that somebody asked to cancel: politely first, then not."""
        if not self._jobs:
            return
        wanted = await self._client.read_flow_runs(
            flow_run_filter=FlowRunFilter(
                id=FlowRunFilterId(any_=list(self._jobs)),
                state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.CANCELLING])),
            )
        )
        for run in wanted:
            job = self._jobs.get(run.id)
            if job is None or job.pid is None:
                continue
            with suppress(ProcessLookupError):
                if job.cancelled is None:
                    job.cancelled = time.monotonic()
                    os.kill(job.pid, signal.SIGUSR1)
                    os.kill(job.pid, signal.SIGTERM)
                elif time.monotonic() - job.cancelled > self._set.grace:
                    os.kill(job.pid, signal.SIGKILL)

    async def _hand_over(self) -> None:
        """Wait for the running, then end what is left and put it back in the queue for the next worker."""
        deadline = time.monotonic() + self._set.grace
        while self._jobs and time.monotonic() < deadline:
            await asyncio.sleep(0.05)
        for job in self._jobs.values():
            if job.pid is not None:
                with suppress(ProcessLookupError):
                    os.kill(job.pid, signal.SIGKILL)
        with suppress(TimeoutError):
            async with asyncio.timeout(self._set.grace):
                while self._jobs or self._tasks:
                    await asyncio.sleep(0.05)

    # -- watching --------------------------------------------------------------------------------------------------

    async def _keep_watching(self) -> None:
        watch = Watch(self._client, self._set.pool, self._me)
        while True:
            await self._guarded(self._look_after(watch))
            await asyncio.sleep(self._set.watch)

    async def _look_after(self, watch: Watch) -> None:
        try:
            await self._client.send_worker_heartbeat(self._set.pool, str(self._me), self._set.watch)
        except ObjectNotFound:
            return
        pool = await self._client.read_work_pool(self._set.pool)
        self._paused = pool.is_paused or pool.concurrency_limit is not None
        self._entrypoints.clear()
        for run, why in await watch.orphans(self._jobs.__contains__):
            self._jobs[run.id] = job = _Job(run.id)
            await self._settle(job, why, again=True)

    def _spawn(self, work: "asyncio._CoroutineLike[None]") -> None:
        task = asyncio.create_task(self._guarded(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _guarded(self, work: "asyncio._CoroutineLike[None]") -> None:
        try:
            await work
        except _AWAY as exc:
            log.warning("Prefect does not answer (%s); trying again.", type(exc).__name__)
        except ZygoteGoneError:
            log.warning("A run could not be handed over; trying again.")


def main(argv: Sequence[str] | None = None) -> None:
    """Run a worker in this process until SIGTERM or Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m deployments.worker", description="Execute incident runs.")
    parser.add_argument("--pool", default=POOL)
    parser.add_argument("--limit", type=int, default=Settings.limit, help="runs at the same time")
    parser.add_argument("--grace", type=float, default=Settings.grace, help="seconds runs may go on after SIGTERM")
    parser.add_argument("--poll", type=float, default=Settings.poll, help="seconds between looks without a bell")
    parser.add_argument("--parent", type=int, help="process to die with")
    parser.add_argument("preload", nargs="*", help="modules to import before the first run")
    args = parser.parse_args(argv)
    if args.parent:
        die_with(args.parent)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s", stream=sys.stderr)
    settings = Settings(
        pool=args.pool, preload=tuple(args.preload), limit=args.limit, grace=args.grace, poll=args.poll
    )
    asyncio.run(Worker(Home.at(), settings).run())


if __name__ == "__main__":
    main()
