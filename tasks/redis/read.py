"""Looks at a Redis server as a whole: whether it answers and how fast, and what INFO tells of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from statistics import median

from redis.exceptions import InvalidResponse

from blocks.redis import Redis
from blocks.redis_errors import Away, Reason, Refused
from journal import clock
from journal.wording import counted, span
from runbook import Facts, Temporary, look
from tasks.redis.info import INFO, info

PINGS = 10


class Ping(Facts):
    """Whether it answers us. Where it does not, `reason` is why in one word: that, too, is an answer."""

    reason: Reason | None
    said: str
    usual_ms: float | None
    slowest_ms: float | None

    @property
    def answers(self) -> bool:
        return self.reason is None

    def __str__(self) -> str:
        if self.reason is not None:
            return self.said
        return f"answers, usually within {self.usual_ms:.1f} ms; the slowest of {PINGS} took {self.slowest_ms:.1f} ms"

    def figures(self) -> Mapping[str, tuple[float, str]]:
        return {} if self.usual_ms is None else {"answer to PING": (round(self.usual_ms, 2), "ms")}


@look("redis:ping", bound=f"{PINGS} pings")
def read_ping(redis: Redis) -> Ping:
    """Whether the server answers, and how fast; else why not."""
    took: list[float] = []
    try:
        with redis.reading() as client:
            for _ in range(PINGS):
                began = clock.monotonic()
                if client.ping() is not True:
                    raise InvalidResponse
                took.append(1000 * (clock.monotonic() - began))
    except (Away, Refused) as kept_out:
        return Ping(reason=kept_out.reason, said=str(kept_out), usual_ms=None, slowest_ms=None)
    return Ping(reason=None, said="", usual_ms=median(took), slowest_ms=max(took))


class Server(Facts):
    """What the server is. `databases` are those that hold keys; `db` is the one that is looked at."""

    software: str
    version: str
    role: str
    up: timedelta
    cluster: bool
    db: int
    databases: dict[int, int]

    @property
    def elsewhere(self) -> int:
        """Keys in other databases than the one that is looked at."""
        return sum(keys for number, keys in self.databases.items() if number != self.db)

    def __str__(self) -> str:
        held = ", ".join(f"db{number} {counted(keys, 'key')}" for number, keys in sorted(self.databases.items()))
        one_of = ", one node of a cluster" if self.cluster else ""
        return f"{self.software} {self.version}, {self.role}{one_of}, up for {span(self.up)}; {held or 'no keys'}"


@look(INFO, bound="one answer")
def read_server(redis: Redis) -> Server:
    """What it is, since when it is up, and which of its databases hold keys."""
    with redis.reading() as client:
        told = info(client)
    return Server(
        software=str(told.get("server_name") or "redis"),
        version=str(told.get("valkey_version") or told.word("redis_version")),
        role="primary" if told.word("role") == "master" else "replica",
        up=timedelta(seconds=told.number("uptime_in_seconds")),
        cluster=bool(told.get("cluster_enabled")),
        db=redis.db,
        databases=dict(told.databases()),
    )


class Memory(Facts):
    """How full it is, in bytes. `evicted` and `refused` (OOM) are what happened between two looks."""

    used: int
    limit: int
    policy: str
    evicted: int
    refused: int | None
    between: timedelta

    @property
    def share(self) -> float:
        """Used share of the limit. Raises `LookupError` where there is none: nothing is full then."""
        if not self.limit:
            raise LookupError("there is no maxmemory, so it takes what the machine has")
        return self.used / self.limit

    def __str__(self) -> str:
        if not self.limit:
            return f"{self.used / 1e6:.1f} MB used, without a limit (maxmemory 0); policy {self.policy}"
        refused = "an unknown number of" if self.refused is None else self.refused
        return (
            f"{self.used / 1e6:.1f} of {self.limit / 1e6:.1f} MB used ({self.share:.0%}); policy {self.policy};"
            f" within {span(self.between)} {counted(self.evicted, 'key')} evicted and {refused} writes refused"
        )

    def figures(self) -> Mapping[str, tuple[float, str]]:
        return {"Redis memory used": (round(100 * self.share, 1), "%")} if self.limit else {}


@look(INFO, bound="two answers")
def read_memory(redis: Redis, *, between: timedelta = timedelta(seconds=1)) -> Memory:
    """How full it is, and whether it evicts or refuses writes now. Counters since its start say little about now."""
    with redis.reading(works=between) as client:
        before = info(client)
        clock.sleep(between.total_seconds())
        now = info(client)
    evicted = now.number("evicted_keys") - before.number("evicted_keys")
    first, then = before.errors("OOM"), now.errors("OOM")
    refused = None if first is None or then is None else then - first
    if evicted < 0 or (refused or 0) < 0:
        raise Temporary("The server's counters were reset between two looks; look again.")
    return Memory(
        used=now.number("used_memory"),
        limit=now.number("maxmemory"),
        policy=now.word("maxmemory_policy"),
        evicted=evicted,
        refused=refused,
        between=between,
    )
