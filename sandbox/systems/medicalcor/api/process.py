"""One process of a revision: it answers requests by its code, its database and those whom it calls, and counts them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from journal import clock
from sandbox.systems.medicalcor.api.providers import Breaker, Provider
from sandbox.systems.medicalcor.api.refusals import PHONE

BUCKETS: Final = (0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
OWN_WORK: Final = 0.04
QUERY: Final = 0.012
PAUSED: Final = 2.6
"""Seconds of collecting garbage in each request, where memory is nearly full."""
LATE: Final = 1.0
"""Seconds from which on a request is logged as slow."""
TIMEOUT: Final = 300.0
"""Seconds after which Cloud Run gives a request up."""
LIMIT_MB: Final = 512
NOTHING_MORE: Final = MappingProxyType[str, Any]({})
AT_REST_MB: Final = 190.0


@dataclass(frozen=True, kw_only=True)
class Route:
    """One kind of request: whom it calls, and whether it has something to say when that fails."""

    method: str
    path: str
    calls: str = ""
    falls_back: bool = False


ROUTES: Final = (
    Route(method="GET", path="/api/leads/:id"),
    Route(method="POST", path="/api/leads/score", calls="openai", falls_back=True),
    Route(method="POST", path="/webhooks/whatsapp", calls="whatsapp"),
    Route(method="GET", path="/api/appointments"),
    Route(method="POST", path="/api/crm/sync", calls="hubspot"),
    Route(method="POST", path="/webhooks/stripe", calls="stripe"),
)


Dies = Literal["exit", "memory", "secret"]
Hooks = Literal["", "unsigned", "invalid", "late"]
HOOKS: Final = "/webhooks/"
"""How the paths of webhooks begin."""


@dataclass(kw_only=True)
class Code:
    """What a revision's code does: which share of requests it throws at, and what a request leaves in memory (MB).

    `works` is how long its own work takes (s), `dies` why its processes end before they have answered anybody, and
    `hangs` whether they take requests and never answer.
    """

    throws: float = 0.0
    keeps: float = 0.0
    misreads: bool = False
    """It does not understand what a model answers."""
    works: float = OWN_WORK
    burns: float = 1.0
    """How many times as much CPU as usual its requests take."""
    limit: float = LIMIT_MB
    rests: float = 0.0
    holds: float = 0.0
    """MB that its processes may use, that they use beyond the usual from their beginning, and that they use for each
    request a second that is more than usual, while it is worked on."""
    dies: Dies | None = None
    hangs: bool = False
    hooks: Hooks = ""
    """What it does with each webhook: it finds it unsigned or invalid, or is late with it; nothing in good times."""
    due: float = field(default=0.0, repr=False)

    def fails(self) -> bool:
        self.due += self.throws
        if self.due < 1:
            return False
        self.due -= 1
        return True


@dataclass(frozen=True, kw_only=True)
class Answered:
    """What became of one request: its status, how long it took, and what the process logs of it.

    `failed` is what kept the process from doing all that was asked; nothing where it did.
    """

    route: Route
    status: int
    seconds: float
    logged: Mapping[str, Any] | None = None
    failed: str = ""


@dataclass(kw_only=True)
class Process:
    """One of them. `why_not` is why its database, and Redis, do not let it work, nothing where they do."""

    revision: str
    code: Code
    breakers: Mapping[str, Breaker]
    why_not: Callable[[], tuple[str, str]]
    query: Callable[[], float] = lambda: QUERY
    """How long the database takes for what a request asks (s)."""
    began: datetime = field(default_factory=clock.now)
    kept: float = 0.0
    collects: bool = False
    """Whether it keeps many small things, so that garbage is collected all the time once memory is nearly full."""
    busier: float = 0.0
    """Requests a second that it works on beyond the usual ones."""

    def __post_init__(self) -> None:
        self.registry = CollectorRegistry()
        labels = ("method", "route", "status")
        self._requests = Counter("http_requests_total", "Requests", labels, registry=self.registry)
        self._took = Histogram(
            "http_request_duration_seconds", "How long they took", labels[:2], buckets=BUCKETS, registry=self.registry
        )
        self._called = Histogram(
            "medicalcor_external_service_duration_seconds",
            "Calls of others",
            ("service", "status"),
            buckets=BUCKETS,
            registry=self.registry,
        )
        self._wanted = Counter(
            "medicalcor_external_service_requests_total",
            "Calls of others that were wanted, also those that a breaker did not let through",
            ("service", "status"),
            registry=self.registry,
        )
        self._scored = Counter("lead_scoring_total", "Scorings", ("classification", "fallback"), registry=self.registry)
        self._by_rules = Counter("lead_scoring_fallback_total", "Scorings by rules", registry=self.registry)
        began = Gauge("process_start_time_seconds", "When it began", registry=self.registry)
        began.set(round(self.began.timestamp(), 2))

    @property
    def memory(self) -> float:
        """Which share of its memory is used (0..1 and beyond)."""
        return (AT_REST_MB + self.code.rests + self.kept + self.code.holds * self.busier) / self.code.limit

    def answer(self, route: Route) -> Answered:
        """Work on one request. What it leaves in memory stays until the process ends."""
        self.kept += self.code.keeps
        found = Answered(route=route, status=504, seconds=TIMEOUT) if self.code.hangs else self._taken(route)
        self._requests.labels(route.method, route.path, str(found.status)).inc()
        self._took.labels(route.method, route.path).observe(found.seconds)
        return found

    def _taken(self, route: Route) -> Answered:
        """A webhook is looked at before anything is done about it."""
        if not (self.code.hooks and route.path.startswith(HOOKS)):
            return self._work(route)
        status, seconds, said = NOT_TAKEN[self.code.hooks]
        return self._failed(route, status, seconds, "webhooks", said, more={"error": said})

    def _work(self, route: Route) -> Answered:
        spent = {
            "api": self.code.works,
            "database": self.query(),
            "gc": PAUSED if self.collects and self.memory >= NEARLY else 0.0,
        }
        took = sum(spent.values())
        database, limits = self.why_not()
        if database:
            return self._failed(route, 500, took, "database", f"Database query failed: {database}")
        if limits:
            return self._failed(route, 500, took, "rate-limit", f"ReplyError: {limits}")
        if self.code.fails():
            return self._failed(route, 500, took, "api", THROWN)
        if not route.calls:
            return self._served(route, spent)
        breaker = self.breakers[route.calls]
        became = breaker.call()
        answer, refused = breaker.provider.seconds, breaker.provider.refuses.seconds
        called = {"done": answer, "failed": refused, "not tried": 0.0}[became]
        took += called
        done = became == "done" and not (self.code.misreads and route.falls_back)
        if became != "not tried":
            self._called.labels(route.calls, "success" if became == "done" else "error").observe(called)
        self._wanted.labels(route.calls, "success" if became == "done" else "error").inc()
        if route.falls_back:
            self._scored.labels("HOT", "false" if done else "true").inc()
            self._by_rules.inc(0 if done else 1)
        if done:
            return self._served(route, {**spent, route.calls: called})
        said: str = UNREAD
        more: Mapping[str, Any] = NOTHING_MORE
        if became == "not tried":
            said = f"Circuit breaker is open for {route.calls}"
        elif became == "failed":
            said, more = breaker.provider.refuses.logged(route.calls)
        return self._failed(route, 200 if route.falls_back else 502, took, route.calls, said, more=more)

    def _served(self, route: Route, spent: Mapping[str, float]) -> Answered:
        """A request that was served; where that took long, it is logged where most of its time went."""
        took, where = sum(spent.values()), max(spent, key=lambda one: spent[one])
        found = Answered(route=route, status=200, seconds=took)
        if took < LATE:
            return found
        said = f"Slow request: {1000 * spent[where]:.0f} ms in {_WHERE.get(where, where)}"
        return replace(found, logged=_entry("warn", said, where, took))

    def _failed(
        self,
        route: Route,
        status: int,
        seconds: float,
        component: str,
        said: str,
        *,
        more: Mapping[str, Any] = NOTHING_MORE,
    ) -> Answered:
        level = "error" if status >= 500 else "warn"  # noqa: PLR2004 # HTTP's own
        logged = _entry(level, said, component, seconds) | dict(more)
        return Answered(route=route, status=status, seconds=seconds, logged=logged, failed=component)

    # -- what it tells of itself --------------------------------------------------------------------------------------

    def ready(self) -> tuple[int, dict[str, Any]]:
        """`/ready`: whether it can work."""
        why, limits = self.why_not()
        database = {"status": "error", "message": why} if why else {"status": "ok", "latencyMs": 2}
        cache = {"status": "error" if limits else "ok"}
        checks = {"database": database, "redis": cache, "trigger": {"status": "ok", "message": "configured"}}
        return (503 if why else 200), {"status": "unhealthy" if why else "ready", **_now(), "checks": checks}

    def deep(self) -> tuple[int, dict[str, Any]]:
        """`/health/deep`: all that it needs, with the breakers that are open."""
        why, limits = self.why_not()
        needed = [{"name": "postgresql", "status": "unhealthy" if why else "healthy", "critical": True}]
        needed += [{"name": "redis", "status": "unhealthy" if limits else "healthy", "critical": False}]
        needed += [{"name": f"circuit:{name}", "status": "unhealthy", "critical": False} for name in self._open()]
        status = "unhealthy" if why else "degraded" if limits or self._open() else "ok"
        return (503 if why else 200), {"status": status, **_now(), "dependencies": needed}

    def circuits(self) -> dict[str, Any]:
        """`/health/circuit-breakers`."""
        return {**_now(), "openCircuits": self._open(), "services": [one.told() for one in self.breakers.values()]}

    def _open(self) -> list[str]:
        return [name for name, one in self.breakers.items() if one.state == "OPEN"]


def breakers(providers: Mapping[str, Provider]) -> dict[str, Breaker]:
    """Those of a process that has just begun."""
    return {name: Breaker(provider=one) for name, one in providers.items()}


NOT_TAKEN: Final[Mapping[Hooks, tuple[int, float, str]]] = {
    "unsigned": (401, OWN_WORK, "Webhook signature verification failed"),
    "invalid": (400, OWN_WORK, f"Webhook payload is not valid: messages.0.from is {PHONE}"),
    "late": (504, 10.0, "Webhook handler timed out after 10000ms"),
}
"""What becomes of a webhook that is not taken: the status, how long that takes (s), and what is logged."""
UNREAD: Final = f"Scoring answer could not be parsed for {PHONE}"
THROWN: Final = (
    f"TypeError: Cannot read properties of undefined (reading 'phone') while handling {PHONE}\n"
    "    at scoreLead (/app/dist/leads/score.js:118:27)\n"
    "    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)"
)


NEARLY: Final = 0.9
"""Which share of its memory a process uses when it collects garbage all the time."""
_WHERE: Final = {"gc": "garbage collection (Mark-sweep)"}


def _entry(level: str, said: str, component: str, seconds: float) -> dict[str, Any]:
    return {"level": level, "msg": said, "component": component, "duration": round(seconds * 1000)}


def _now() -> dict[str, str]:
    return {"timestamp": f"{clock.now():%Y-%m-%dT%H:%M:%S.000Z}"}


def in_turn(many: int, begin: int) -> Iterator[Route]:
    """So many requests, each kind in its turn."""
    return (ROUTES[(begin + number) % len(ROUTES)] for number in range(many))
