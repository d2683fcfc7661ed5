"""The runs a worker holds right now: from the reservation of a place until their end is known to Prefect.

`worker` decides what to take and when; this module hands runs to the zygote's processes, hears how they ended, ends
those somebody cancelled and reports those that were killed (`worker_watch.settle`).
"""

import asyncio
import logging
import os
import signal
import time
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.objects import FlowRun
from prefect.exceptions import ObjectNotFound, PrefectHTTPStatusError

from deployments.execute import NOT_REPORTED
from deployments.worker_watch import settle
from deployments.worker_zygote import Ended, Taken, Zygote, ZygoteGoneError

log = logging.getLogger("codeblue.worker")

AWAY = (httpx.TransportError, httpx.HTTPStatusError, PrefectHTTPStatusError)
"""What Prefect's client raises when it got no answer, or one that is not a success: see `is_away`."""

_ASK_AGAIN = 1.0
"""Seconds until a report is tried again while the server is away."""


@dataclass
class _Job:
    run_id: UUID
    pid: int | None = None
    cancelled_at: float | None = None
    because: str | None = None
    """Why we ended it ourselves, if we did."""
    woken_for: bool = False
    """Whether somebody asked for its next pass while this one was still ending."""
    ended: asyncio.Event = field(default_factory=asyncio.Event)


class Runs:
    """At most `limit` runs at a time. `freed` is called when a place may be waited for: by a certain run or by any."""

    def __init__(
        self,
        client: PrefectClient,
        *,
        limit: int,
        spares: int,
        preload: Sequence[str],
        freed: Callable[[UUID | None], None],
    ) -> None:
        self._client, self._limit, self._freed = client, limit, freed
        self._spares, self._preload = spares, preload
        self._jobs: dict[UUID, _Job] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._zygote = self._new_zygote()

    # -- places ----------------------------------------------------------------------------------------------------

    def __contains__(self, run_id: UUID) -> bool:
        return run_id in self._jobs

    def __iter__(self) -> Iterator[UUID]:
        return iter(list(self._jobs))

    def __len__(self) -> int:
        return len(self._jobs)

    @property
    def full(self) -> bool:
        """Whether there is no place for another run."""
        return len(self._jobs) >= self._limit

    def reserve(self, run_id: UUID) -> bool:
        """Keep a place for this run; no when it already has one or when there is none."""
        if run_id in self._jobs or self.full:
            return False
        self._jobs[run_id] = _Job(run_id)
        return True

    def remember(self, run_id: UUID) -> None:
        """Ring for this run again when its place is given back: it is wanted and its pass before has not ended yet.

        A run suspends itself before its process is over; who answers at once rings in between.
        """
        if job := self._jobs.get(run_id):
            job.woken_for = True

    def release(self, run_id: UUID, *, again: bool = False) -> None:
        """Give the place back, which others may have been waiting for; `again` when this run itself is due."""
        waited_for = self.full
        if job := self._jobs.pop(run_id, None):
            job.ended.set()
            if again or job.woken_for:
                self._freed(run_id)
            if waited_for:
                self._freed(None)

    def submit(self, run: FlowRun, entrypoint: str) -> None:
        """Have the run, whose place is reserved, executed. Raises ZygoteGoneError."""
        self._zygote.submit(run.id, entrypoint, run.model_dump_json())

    # -- ends ------------------------------------------------------------------------------------------------------

    def cancel(self, run_ids: Iterable[UUID], patience: float) -> None:
        """End the processes of these runs: politely, and not politely `patience` seconds later."""
        for job in [self._jobs[r] for r in run_ids if r in self._jobs]:
            if job.cancelled_at is None and job.pid is not None:
                job.cancelled_at = time.monotonic()
                _kill(job.pid, signal.SIGUSR1)  # tells the process what the next signal means
                _kill(job.pid, signal.SIGTERM)
            elif job.cancelled_at is not None and time.monotonic() - job.cancelled_at > patience:
                _kill(job.pid, signal.SIGKILL)

    async def adopt(self, run_id: UUID, why: str) -> None:
        """Report and start again a run that another process left behind."""
        job = self._jobs[run_id] = _Job(run_id)
        await self._settle(job, why, again=True)

    async def finish(self, grace: float) -> None:
        """Wait for the runs; after `grace` seconds end them and put them back in the queue for the next worker."""
        await self._all_ended(grace)
        for job in self._jobs.values():
            job.because = "Its worker was stopped before it was over."
            _kill(job.pid, signal.SIGKILL)
        await self._all_ended(grace)

    def close(self) -> None:
        """End the zygote and all processes it started, at once."""
        loop = asyncio.get_running_loop()
        for ours in (self._zygote.jobs, self._zygote.control):
            loop.remove_reader(ours)
        self._zygote.close()

    async def _all_ended(self, within: float) -> None:
        if waiting := [asyncio.ensure_future(job.ended.wait()) for job in self._jobs.values()]:
            _, late = await asyncio.wait(waiting, timeout=within)
            for task in late:
                task.cancel()

    # -- news ------------------------------------------------------------------------------------------------------

    def _new_zygote(self) -> Zygote:
        zygote = Zygote(os.environ, self._preload, self._spares)
        for ours in (zygote.jobs, zygote.control):
            asyncio.get_running_loop().add_reader(ours, self._on_news)
        return zygote

    def _on_news(self) -> None:
        try:
            for item in self._zygote.news():
                match item:
                    case Taken(run_id, pid):
                        if job := self._jobs.get(run_id):
                            job.pid = pid
                    case Ended(pid, status):
                        self._on_end(pid, status)
        except ZygoteGoneError:
            log.error("The process that starts runs has ended; starting another.")  # noqa: TRY400  (no stack to learn from)
            self.close()
            self._zygote = self._new_zygote()
            for job in list(self._jobs.values()):
                self._spawn(self._settle(job, "The process that starts runs was killed.", again=True))

    def _on_end(self, pid: int, status: int) -> None:
        job = next((j for j in self._jobs.values() if j.pid == pid), None)
        if job is None:
            return
        if status == 0:
            self.release(job.run_id)
        elif status < 0:
            why = job.because or f"Its process was killed by {signal.Signals(-status).name}."
            self._spawn(self._settle(job, why, again=True))
        else:
            known = "Its flow could not be run; the run's log says why." if status == NOT_REPORTED else None
            self._spawn(self._settle(job, known or f"Its process ended with exit code {status}.", again=False))

    async def _settle(self, job: _Job, why: str, *, again: bool) -> None:
        log.warning("Run %s: %s", job.run_id, why)
        restarts = False
        with suppress(ObjectNotFound):  # somebody has deleted the run
            while True:
                try:
                    restarts = await settle(self._client, job.run_id, why, again=again)
                    break
                except AWAY as exc:
                    if not is_away(exc):
                        log.exception("Run %s could not be reported; the watch will try again.", job.run_id)
                        break
                    log.warning("Run %s cannot be reported yet: Prefect does not answer.", job.run_id)
                    await asyncio.sleep(_ASK_AGAIN)
        self.release(job.run_id, again=restarts)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def is_away(error: Exception) -> bool:
    """Whether the server could not be asked right now, as opposed to having said no."""
    status = error.response.status_code if isinstance(error, httpx.HTTPStatusError) else None
    return status is None or status == httpx.codes.TOO_MANY_REQUESTS.value or httpx.codes.is_server_error(status)


def _kill(pid: int | None, number: signal.Signals) -> None:
    if pid is not None:
        with suppress(ProcessLookupError):
            os.kill(pid, number)
