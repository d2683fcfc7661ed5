"""The API as a service of Cloud Run: its traffic goes to processes of its revisions, and all that happens is recorded.

It lives by whatever clock is in use: `turn` answers the requests that have come since the last one. Cloud Logging and
Cloud Monitoring are told of each, and a process tells of itself in `/metrics`, so all three count the same.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from journal import clock
from sandbox.google.logs import Logs
from sandbox.google.monitoring import Monitoring, Stream
from sandbox.google.run import Run
from sandbox.google.run_kept import LATEST, Revision, Service
from sandbox.google.shapes import written
from sandbox.systems.medicalcor.api.process import (
    AT_REST_MB,
    LIMIT_MB,
    Answered,
    Code,
    Process,
    Route,
    breakers,
    in_turn,
)
from sandbox.systems.medicalcor.api.providers import Provider

MINUTE: Final = timedelta(minutes=1)
A_SECOND: Final = 4.0
"""Requests, in usual times."""
KEPT: Final = timedelta(hours=3)
"""How long is remembered what was counted and logged."""
RESOURCE: Final = "cloud_run_revision"
COUNT, MEMORY = "run.googleapis.com/request_count", "run.googleapis.com/container/memory/utilizations"
PROVIDERS: Final = ("openai", "hubspot", "whatsapp", "stripe")
DEPLOYER: Final = "ci@practice.iam.gserviceaccount.com"
WELL: Final = ("", "")
UPLOAD: Final = Route(method="POST", path="/api/files")
LOST: Final = 500
"""What Cloud Run answers to the request during which a process ends."""


@dataclass(kw_only=True)
class Api:
    """The service while it is served. `why_not` is why its database, and Redis, do not let it work: asked each turn."""

    name: str
    run: Run
    logs: Logs
    monitoring: Monitoring
    why_not: Callable[[], tuple[str, str]] = field(default=lambda: WELL)
    undelivered: Callable[[int], None] = field(default=lambda _: None)
    """What becomes of so many messages that could not be sent."""
    each: int = 1
    """Processes of a revision that has traffic."""
    a_second: float = A_SECOND
    code: dict[str, Code] = field(default_factory=dict[str, Code])
    providers: dict[str, Provider] = field(default_factory=dict[str, Provider])
    processes: dict[str, list[Process]] = field(default_factory=dict[str, list[Process]])
    upto: datetime = field(default_factory=clock.now)
    _came: int = 0
    _asked: int = 0
    _owed: float = 0.0
    _shares: Counter[str] = field(default_factory=Counter[str])
    _why: tuple[str, str] = WELL
    _lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    def begin(self) -> None:
        """As it is in good times: every revision works, and so does everybody who is called."""
        self.code, self.processes, self.a_second, self.each = {}, {}, A_SECOND, 1
        self.providers = {name: Provider(name=name) for name in PROVIDERS}
        self.upto, self._owed, self._why = clock.now(), 0.0, WELL
        self._shares.clear()

    @property
    def service(self) -> Service:
        self.run.live()
        return self.run.services[self.name]

    def code_of(self, revision: str) -> Code:
        """What a revision's code does."""
        return self.code.setdefault(revision, Code())

    def deploy(self, code: Code | None = None, *, by: str = DEPLOYER, why: str = "") -> str:
        """A new revision, which answers from now on if it is ready (`why` says why not). Its name."""
        service = self.service
        name = f"{self.name}-{len(service.revisions) + 1:05d}-new"
        self.code[name] = code or Code()
        service.revisions.append(Revision(name=name, at=clock.now(), by=by, why=why))
        service.why = why
        service.touch(by)
        service.observed = service.generation
        return name

    def turn(self) -> None:
        """Answer the requests that have come since the last turn, whoever asks first."""
        with self._lock:
            self._turn()

    def past(self, of: timedelta) -> None:
        """Let Cloud Monitoring have counted requests that went well, up to now: what nobody needs to live through."""
        (revision, _), *_ = self._traffic()
        first = self.upto - of
        for minute in range(int(of / MINUTE)):
            self._measure(COUNT, revision, first + minute * MINUTE, self.a_second * 60, response_code_class="2xx")
            self._measure(MEMORY, revision, first + minute * MINUTE, AT_REST_MB / LIMIT_MB)

    def _turn(self) -> None:
        now = clock.now()
        since = now - self.upto
        if since <= timedelta(0):
            return
        self._owed += since.total_seconds() * self.a_second
        many, began, self.upto = int(self._owed), self.upto, now
        self._owed -= many
        self._why = self.why_not()
        counted: Counter[tuple[str, str]] = Counter()
        lost = 0
        for number, route in enumerate(in_turn(many, self._came)):
            at = began + since * (number + 1) / (many + 1)
            one = self._next()
            found = one.answer(route) if one is not None else None
            if one is not None and one.memory >= 1:
                found = self._end(one, route, at)
            if one is None or found is None:
                continue  # there is no revision that could answer: it reaches no process and is counted nowhere
            counted[one.revision, f"{found.status // 100}xx"] += 1
            self._log(one.revision, at, found)
            lost += found.failed_to_call("whatsapp")
        self.undelivered(lost)
        self._came += many
        for (revision, kind), count in counted.items():
            self._measure(COUNT, revision, now, count, response_code_class=kind)
        for revision, processes in self.processes.items():
            for one in processes:
                one.busier = max(0.0, self.a_second / len(processes) - A_SECOND)
            if processes:
                self._measure(MEMORY, revision, now, max(one.memory for one in processes))
        self._forget(now)

    def upload(self, *, megabytes: float) -> None:
        """Somebody sends a file that is held in memory as a whole until it is stored."""
        self.turn()
        if (one := self._next()) is None:
            return
        one.kept += megabytes
        if one.memory >= 1:
            self._log(one.revision, self.upto, self._end(one, UPLOAD, self.upto))
        else:
            one.kept -= megabytes

    def process(self) -> Process | None:
        """Whoever answers the next request of somebody outside, each in turn; nobody where none is ready."""
        ready = self.running()
        self._asked += 1
        return ready[self._asked % len(ready)] if ready else None

    def complaints(self) -> Iterator[str]:
        """What users complain about now: asked as they would, of each kind of request, without counting them."""
        asked = self.asked()
        if asked is None:
            yield "the API does not answer"
            return
        failed = {route.path for route in in_turn(60, 0) if asked.answer(route).status >= LOST}
        if asked.memory >= 1:
            yield "requests are lost: their processes run out of memory"
        if failed:
            yield f"requests fail: {', '.join(sorted(failed))}"

    def running(self) -> list[Process]:
        """Every process that answers requests now."""
        self.turn()
        return [one for name, share in self._traffic() if share for one in self._of(name)]

    def asked(self) -> Process | None:
        """One that answers as its turn's process would, and counts nothing there; nobody where none is ready."""
        process = self.process()
        if process is None:
            return None
        self._why = self.why_not()
        return Process(revision=process.revision, code=process.code, breakers=process.breakers, why_not=process.why_not)

    def _traffic(self) -> list[tuple[str, int]]:
        """How many of a hundred requests each revision gets that is ready."""
        service, shares = self.service, Counter[str]()
        ready = {one.name for one in service.revisions if not one.why}
        for one in service.is_so:
            name = service.ready() if one["type"] == LATEST else one["revision"]
            if name in ready:
                shares[name] += one.get("percent", 0)
        for name in set(self.processes) - set(shares):
            self.processes.pop(name)
        return list(shares.items())

    def _next(self) -> Process | None:
        """The process for the next request: revisions get their shares evenly, and of one its processes take turns."""
        shares = self._traffic()
        if not shares:
            return None
        for name, share in shares:
            self._shares[name] += share
        name = max(shares, key=lambda one: self._shares[one[0]])[0]
        self._shares[name] -= 100
        of_it = self._of(name)
        of_it.append(of_it.pop(0))
        return of_it[-1]

    def _of(self, revision: str) -> list[Process]:
        found = self.processes.setdefault(revision, [])
        while len(found) < self.each:
            code = self.code_of(revision)
            found.append(
                Process(revision=revision, code=code, breakers=breakers(self.providers), why_not=lambda: self._why)
            )
        return found

    def _end(self, process: Process, route: Route, at: datetime) -> Answered:
        """Cloud Run ends a process that takes more memory than it has; whoever was being answered is lost."""
        self.processes[process.revision].remove(process)
        limit, used = process.code.limit, round(process.memory * process.code.limit)
        said = f"Memory limit of {limit:.0f} MiB exceeded with {used} MiB used. Consider increasing the memory limit."
        self._entry(process.revision, at, "ERROR", log="varlog%2Fsystem", textPayload=said)
        return Answered(route=route, status=LOST, seconds=0.0)

    # -- what is recorded ---------------------------------------------------------------------------------------------

    def _measure(self, metric: str, revision: str, at: datetime, value: float, **labels: str) -> None:
        named = {"service_name": self.name, "revision_name": revision, "location": self.run.region}
        for stream in self.monitoring.streams:
            if (stream.metric, stream.labels, stream.kind) == (metric, named, labels):
                break
        else:
            stream = Stream(metric=metric, resource=RESOURCE, labels=named, kind=labels)
            self.monitoring.streams.append(stream)
        stream.points[at] = stream.points.get(at, 0.0) + value

    def _log(self, revision: str, at: datetime, found: Answered) -> None:
        if found.logged is not None:
            self._entry(revision, at, "DEFAULT", log="stdout", jsonPayload=dict(found.logged))
        if found.status >= LOST:
            request = {
                "requestMethod": found.route.method,
                "requestUrl": f"https://api.medicalcor.com{found.route.path}",
                "status": found.status,
                "latency": f"{found.seconds:.3f}s",
            }
            self._entry(revision, at, "ERROR", log="requests", httpRequest=request)

    def _entry(self, revision: str, at: datetime, severity: str, *, log: str, **payload: Any) -> None:
        labels = {"service_name": self.name, "revision_name": revision, "location": self.run.region}
        self.logs.entries.append(
            {
                "logName": f"projects/{self.run.cloud.project}/logs/run.googleapis.com%2F{log}",
                "insertId": f"{len(self.logs.entries)}",
                "resource": {"type": RESOURCE, "labels": labels},
                "timestamp": written(at),
                "severity": severity,
                **payload,
            }
        )

    def _forget(self, now: datetime) -> None:
        """What is longer ago than anybody looks back."""
        with suppress(IndexError):
            while self.logs.entries[0]["timestamp"] < written(now - KEPT):
                self.logs.entries.pop(0)
        for stream in self.monitoring.streams:
            for at in [at for at in stream.points if at < now - KEPT]:
                del stream.points[at]
