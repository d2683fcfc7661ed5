"""The API as a service of Cloud Run: its traffic goes to processes of its revisions, and all that happens is recorded.

It lives by whatever clock is in use: `turn` answers the requests that have come since the last one. Cloud Logging and
Cloud Monitoring are told of each, and a process tells of itself in `/metrics`, so all three count the same.
"""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
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
    HOOKS,
    LIMIT_MB,
    NEARLY,
    OWN_WORK,
    QUERY,
    Answered,
    Code,
    Dies,
    Process,
    Route,
    breakers,
    in_turn,
)
from sandbox.systems.medicalcor.api.providers import Provider
from sandbox.systems.medicalcor.api.scaling import Scaling, TurnedAway

MINUTE: Final = timedelta(minutes=1)
A_SECOND: Final = 4.0
"""Requests, in usual times."""
KEPT: Final = timedelta(hours=3)
"""How long is remembered what was counted and logged."""
DAY: Final = timedelta(days=1)
RESOURCE: Final = "cloud_run_revision"
COUNT, MEMORY = "run.googleapis.com/request_count", "run.googleapis.com/container/memory/utilizations"
LATENCIES, INSTANCES = "run.googleapis.com/request_latencies", "run.googleapis.com/container/instance_count"
CPU: Final = "run.googleapis.com/container/cpu/utilizations"
STARTUP: Final = "run.googleapis.com/container/startup_latencies"
PROVIDERS: Final = ("openai", "hubspot", "whatsapp", "stripe")
DEPLOYER: Final = "ci@practice.iam.gserviceaccount.com"
WELL: Final = ("", "")
UPLOAD: Final = Route(method="POST", path="/api/files")
USUALLY: Final = [1000 * (OWN_WORK + QUERY)] * 20
"""How long requests take in good times (ms); of a minute so many are kept."""
TOO_LONG: Final = 2.0
"""Seconds for which no user waits gladly."""
DEATHS: Final[Mapping[Dies, tuple[str, str]]] = {
    "exit": ("WARNING", "Container called exit(1)."),
    "memory": ("ERROR", f"Memory limit of {LIMIT_MB} MiB exceeded with 540 MiB used. Consider increasing the limit."),
    "secret": (
        "ERROR",
        "Failed to start: Secret projects/1234567/secrets/openai-api-key/versions/latest was not found",
    ),
}
"""With which severity and in which words Cloud Run says that a process ended before it answered anybody."""
REFUSED: Final = 400
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
    scaling: Scaling = field(default_factory=Scaling)
    query: float = QUERY
    """How long its database takes for what a request asks (s)."""
    cloud_page: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    """What Google says of itself."""
    code: dict[str, Code] = field(default_factory=dict[str, Code])
    providers: dict[str, Provider] = field(default_factory=dict[str, Provider])
    processes: dict[str, list[Process]] = field(default_factory=dict[str, list[Process]])
    upto: datetime = field(default_factory=clock.now)
    silent: bool = False
    """Whether nobody sends webhooks."""
    _came: int = 0
    _asked: int = 0
    _owed: float = 0.0
    _shares: Counter[str] = field(default_factory=Counter[str])
    _why: tuple[str, str] = WELL
    _lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    def begin(self) -> None:
        """As it is in good times: every revision works, and so does everybody who is called."""
        self.code, self.processes, self.a_second, self.each, self.silent = {}, {}, A_SECOND, 1, False
        self.scaling, self.query, self.cloud_page = Scaling(), QUERY, []
        self.providers = {name: Provider(name=name) for name in PROVIDERS}
        self.upto, self._owed, self._why = clock.now(), 0.0, WELL
        self._shares.clear()

    @property
    def service(self) -> Service:
        self.run.live()
        return self.run.services[self.name]

    @property
    def work(self) -> float:
        """What comes each second, as usual requests that take as much CPU."""
        return self.a_second * max((self.code_of(name).burns for name, share in self._traffic() if share), default=1.0)

    def code_of(self, revision: str) -> Code:
        """What a revision's code does."""
        return self.code.setdefault(revision, Code())

    def deploy(self, code: Code | None = None, *, by: str = DEPLOYER, why: str = "") -> str:
        """A new revision, which answers from now on if it is ready (`why` says why not). Its name."""
        service = self.service
        name = f"{self.name}-{len(service.revisions) + 1:05d}-new"
        self.code[name] = code or Code()
        env, refs = dict(service.env), dict(service.refs)
        service.revisions.append(Revision(name=name, at=clock.now(), by=by, why=why, env=env, refs=refs))
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
            at = first + minute * MINUTE
            self._measure(COUNT, revision, at, self.a_second * 60, response_code_class="2xx")
            self._measure(MEMORY, revision, at, AT_REST_MB / LIMIT_MB)
            self._scaled(revision, at)
            self._spread(LATENCIES, revision, at, USUALLY, response_code_class="2xx")

    def _turn(self) -> None:
        now = clock.now()
        since = now - self.upto
        if since <= timedelta(0):
            return
        self._owed += since.total_seconds() * self.a_second
        many, began, self.upto = int(self._owed), self.upto, now
        self._owed -= many
        self._why = self.why_not()
        took = self._came_in(many, began, since)
        for (revision, kind), times in took.items():
            self._measure(COUNT, revision, now, len(times), response_code_class=kind)
            self._spread(LATENCIES, revision, now, times, response_code_class=kind)
        for revision, share in self._traffic():
            if share:
                self._scaled(revision, now)
            if self.code_of(revision).dies is not None:
                self._die(revision, now)
        for revision, processes in self.processes.items():
            for one in processes:
                one.busier = max(0.0, self.a_second / len(processes) - A_SECOND)
            if processes:
                self._measure(MEMORY, revision, now, max(one.memory for one in processes))
        self._forget(now)

    def upload(self, *, megabytes: float) -> None:
        """Somebody sends a file that is held in memory as a whole until it is stored."""
        self.turn()
        revision = self._next(self._traffic())
        one = self._of_turn(revision) if revision is not None else None
        if one is None:
            return
        one.kept += megabytes
        if one.memory >= 1:
            self._log(one.revision, self.upto, self._end(one, UPLOAD, self.upto))
        else:
            one.kept -= megabytes

    def _came_in(self, many: int, began: datetime, since: timedelta) -> dict[tuple[str, str], list[float]]:
        """Answer so many requests; how long each took (ms), by revision and class of status."""
        took: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
        service, away, shares = self.service, self.turned_away(), self._traffic()
        queued, unsent = self.scaling.queued(service, self.work), 0
        for number, route in enumerate(in_turn(many, self._came)):
            if self.silent and route.path.startswith(HOOKS):
                continue
            at, revision = began + since * (number + 1) / (many + 1), self._next(shares)
            if revision is None:
                break  # there is no revision that could answer: it reaches no process and is counted nowhere
            if away is not None:
                self._refuse(revision, at, route, away)
                continue
            found, waited = self._answer(revision, route, at), queued
            if self.scaling.begins(service, self._came + number):
                waited += self._start(revision, at)
            took[revision, f"{found.status // 100}xx"].append(1000 * (waited + found.seconds))
            self._log(revision, at, found)
            unsent += found.failed == "whatsapp"
        self.undelivered(unsent)
        self._came += many
        return took

    def turned_away(self) -> TurnedAway | None:
        """Why requests reach no container of it; nothing where they do."""
        return self.scaling.turned_away(self.service)

    def process(self) -> Process | None:
        """Whoever answers the next request of somebody outside, each in turn; nobody where none is ready."""
        ready = self.running()
        self._asked += 1
        return ready[self._asked % len(ready)] if ready else None

    def complaints(self) -> Iterator[str]:
        """What users complain about now: asked as they would, of each kind of request, without counting them."""
        asked = self.asked()
        if asked is None or asked.code.hangs or self.turned_away() is not None:
            yield "the API does not answer"
            return
        answers = [asked.answer(route) for route in in_turn(60, 0)]
        failed = {one.route.path for one in answers if one.status >= LOST}
        service, longest = self.service, max(one.seconds for one in answers)
        waited = self.scaling.cold_for(service) + self.scaling.queued(service, self.work)
        if longest + waited > TOO_LONG:
            yield "requests take too long"
        if asked.memory >= 1:
            yield "requests are lost: their processes run out of memory"
        if failed:
            yield f"requests fail: {', '.join(sorted(failed))}"

    def says(self, revision: str, at: datetime, said: Mapping[str, Any], *, service: str = "") -> None:
        """A process of a revision logs something, or one of another service."""
        self._entry(revision, at, "DEFAULT", log="stdout", service=service, jsonPayload=dict(said))

    def served(self, revision: str, at: datetime, found: Answered) -> None:
        """Cloud Run logs a request that a process has answered."""
        self._entry(revision, at, "WARNING", log="requests", httpRequest=_request(found))

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
        return replace(process)

    def _traffic(self) -> list[tuple[str, int]]:
        """How many of a hundred requests each revision gets that is ready."""
        service, shares = self.service, Counter[str]()
        ready = {one.name for one in service.revisions if one.ready}
        for one in service.is_so:
            name = service.ready() if one["type"] == LATEST else one["revision"]
            if name in ready:
                shares[name] += one.get("percent", 0)
        for name in set(self.processes) - set(shares):
            self.processes.pop(name)
        return list(shares.items())

    def _next(self, shares: list[tuple[str, int]]) -> str | None:
        """The revision for the next request: they get their shares evenly."""
        if not shares:
            return None
        for name, share in shares:
            self._shares[name] += share
        name = max(shares, key=lambda one: self._shares[one[0]])[0]
        self._shares[name] -= 100
        return name

    def _answer(self, revision: str, route: Route, at: datetime) -> Answered:
        """What becomes of a request that reaches a revision."""
        one = self._of_turn(revision)
        if one is None:
            return Answered(route=route, status=503, seconds=0.0)
        found = one.answer(route)
        return self._end(one, route, at) if one.memory >= 1 else found

    def _of_turn(self, revision: str) -> Process | None:
        """The process of a revision that has its turn; nobody where none lives."""
        of_it = self._of(revision)
        if not of_it:
            return None
        of_it.append(one := of_it.pop(0))
        return one

    def _of(self, revision: str) -> list[Process]:
        found, code = self.processes.setdefault(revision, []), self.code_of(revision)
        if code.dies is not None:
            found.clear()
            return found
        while len(found) < self.each:
            found.append(
                Process(
                    revision=revision,
                    code=code,
                    breakers=breakers(self.providers),
                    why_not=lambda: self._why,
                    query=lambda: self.query,
                )
            )
        return found

    def _start(self, revision: str, at: datetime) -> float:
        """Cloud Run starts an instance for a request, which waits for it. How long it does (s)."""
        said = "Starting new instance. Reason: AUTOSCALING - Instance started due to traffic exceeding capacity."
        self._entry(revision, at, "INFO", log="varlog%2Fsystem", textPayload=said)
        self._spread(STARTUP, revision, at, [1000 * self.scaling.starts_in])
        return self.scaling.starts_in

    def _refuse(self, revision: str, at: datetime, route: Route, away: TurnedAway) -> None:
        if away.logged:
            request = _request(Answered(route=route, status=away.status, seconds=0.0))
            self._entry(revision, at, "WARNING", log="requests", textPayload=away.logged, httpRequest=request)

    def _die(self, revision: str, at: datetime) -> None:
        """What Cloud Run says of a process that ends before it has answered anybody."""
        why = self.code_of(revision).dies or "exit"
        severity, said = DEATHS[why]
        if why == "memory":
            self._measure(MEMORY, revision, at, 1.0)
        self._entry(revision, at, severity, log="varlog%2Fsystem", textPayload=said)

    def _end(self, process: Process, route: Route, at: datetime) -> Answered:
        """Cloud Run ends a process that takes more memory than it has; whoever was being answered is lost."""
        self.processes[process.revision].remove(process)
        limit, used = process.code.limit, round(process.memory * process.code.limit)
        said = f"Memory limit of {limit:.0f} MiB exceeded with {used} MiB used. Consider increasing the memory limit."
        self._entry(process.revision, at, "ERROR", log="varlog%2Fsystem", textPayload=said)
        return Answered(route=route, status=LOST, seconds=0.0)

    # -- what is recorded ---------------------------------------------------------------------------------------------

    def _scaled(self, revision: str, at: datetime) -> None:
        """How many instances there are, and how much of its CPU each uses: all of it where garbage is collected."""
        collects = any(one.collects and one.memory >= NEARLY for one in self.processes.get(revision, []))
        used = self.scaling.busy(self.service, self.work)
        self._measure(INSTANCES, revision, at, len(used))
        self._spread(CPU, revision, at, [1.0] * len(used) if collects else used)

    def _measure(self, metric: str, revision: str, at: datetime, value: float, **labels: str) -> None:
        points = self._stream(metric, revision, labels).points
        points[at] = points.get(at, 0.0) + value

    def _spread(self, metric: str, revision: str, at: datetime, values: list[float], **labels: str) -> None:
        self._stream(metric, revision, labels).spread.setdefault(at, []).extend(values)

    def _stream(self, metric: str, revision: str, labels: dict[str, str]) -> Stream:
        named = {"service_name": self.name, "revision_name": revision, "location": self.run.region}
        for stream in self.monitoring.streams:
            if (stream.metric, stream.labels, stream.kind) == (metric, named, labels):
                return stream
        made = Stream(metric=metric, resource=RESOURCE, labels=named, kind=labels)
        self.monitoring.streams.append(made)
        return made

    def _log(self, revision: str, at: datetime, found: Answered) -> None:
        if found.logged is not None:
            self._entry(revision, at, "DEFAULT", log="stdout", jsonPayload=dict(found.logged))
        severity = "ERROR" if found.status >= LOST else "WARNING" if found.status >= REFUSED else "INFO"
        if severity == "ERROR" or found.route.path.startswith(HOOKS):  # of the others nobody looks at each
            self._entry(revision, at, severity, log="requests", httpRequest=_request(found))

    def _entry(
        self, revision: str, at: datetime, severity: str, *, log: str, service: str = "", **payload: Any
    ) -> None:
        labels = {"service_name": service or self.name, "revision_name": revision, "location": self.run.region}
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
        """What is longer ago than anybody looks back; what was weeks ago is what today is held against."""
        oldest, upto = now - DAY, now - KEPT
        with suppress(IndexError):
            while written(oldest) < self.logs.entries[0]["timestamp"] < written(upto):
                self.logs.entries.pop(0)
        for stream in (one for one in self.monitoring.streams if one.resource == RESOURCE):
            for points in (stream.points, stream.spread):
                for at in [at for at in points if oldest < at < upto]:
                    del points[at]


def _request(found: Answered) -> dict[str, Any]:
    return {
        "requestMethod": found.route.method,
        "requestUrl": f"https://api.medicalcor.com{found.route.path}",
        "status": found.status,
        "latency": f"{found.seconds:.3f}s",
    }
