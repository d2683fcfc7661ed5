"""What may be seen of a Redis server: whether it answers, its memory, who holds it, its clients and dead letters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from blocks.shapes import HasRedis
from flows.parts.asked import DEVISED, Asked
from runbook import Context, Evidence, Form, Probe, probe
from runbook.probe import E_contra, P_contra
from runbook.shares import FEW
from tasks.redis.backlog import Backlog, read_backlog
from tasks.redis.clients import Clients, ClientsOf, read_clients
from tasks.redis.keys import Prefixes, read_prefixes
from tasks.redis.letters import Letters, read_letters
from tasks.redis.read import Memory, Ping, read_memory, read_ping
from tasks.redis.reprocess import LettersOf
from tasks.redis.setting import MemoryOf
from tasks.redis.unlink import PrefixOf

E = TypeVar("E", bound=HasRedis)
P = TypeVar("P", bound=Form)


class AskedPing(Asked[E_contra, P_contra, Ping]):
    """Why it does not answer is told by the side that refuses: each reason is a sentence of its own."""

    @cached_property
    def silent(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows("Redis does not answer us", lambda r: not r.answers)

    @cached_property
    def answers(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows("Redis answers us", lambda r: r.answers)

    @cached_property
    def unreached(self) -> Evidence[E_contra, P_contra]:
        unreached = {"name", "refused", "silent", "unreached", "tls"}
        return self.probe.shows("Redis cannot be reached by the network", lambda r: r.reason in unreached)

    @cached_property
    def password(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows("Redis refuses a name or password", lambda r: r.reason == "password")

    @cached_property
    def full_of_clients(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows("Redis takes no more clients", lambda r: r.reason == "clients")

    @cached_property
    def unready(self) -> Evidence[E_contra, P_contra]:
        unready = {"loading", "primary", "busy"}
        return self.probe.shows(
            "Redis is there and not ready: it loads, or lacks its primary", lambda r: r.reason in unready
        )


class AskedMemory(Asked[E_contra, P_contra, Memory]):
    @cached_property
    def full(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            "at least 95% of Redis' memory is used", lambda r: r.share >= 0.95, gauge="Redis memory used"
        )

    @cached_property
    def room(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows("less than 90% of Redis' memory is used", lambda r: r.share < 0.90)

    @cached_property
    def loses(self) -> Evidence[E_contra, P_contra]:
        """Unknown where refused writes are not counted and nothing was evicted."""

        def holds(r: Memory) -> bool:
            if r.refused is None and not r.evicted:
                raise LookupError("this version does not count refused writes")
            return r.evicted + (r.refused or 0) > 0

        return self.probe.shows("Redis evicts keys or refuses writes now", holds)

    @cached_property
    def suffers(self) -> Evidence[E_contra, P_contra]:
        """One that evicts may be full all day, and well: that says something only where it may evict nothing."""

        def holds(r: Memory) -> bool:
            if r.evicted + (r.refused or 0) > 0:
                return True
            if r.policy != "noeviction":
                return False
            return r.share >= 0.95

        return self.probe.shows(
            "Redis evicts keys or refuses writes, or 95% of its memory is used and it may evict nothing",
            holds,
            gauge="Redis memory used",
        )


@dataclass(frozen=True)
class AskedHolders(Asked[E_contra, P_contra, Prefixes]):
    """What one prefix holds, or one list of dead letters."""

    prefix: str

    @cached_property
    def holds_most(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            f"{self.prefix} takes at least half of the memory in use", lambda r: r.share(self.prefix) >= 0.5
        )

    @cached_property
    def holds_little(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            f"{self.prefix} takes less than a tenth of the memory in use", lambda r: r.share(self.prefix) < 0.1
        )

    @cached_property
    def never_expires(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            f"at least 30% of the keys of {self.prefix} never expire", lambda r: r.lasting(self.prefix) >= 0.3
        )

    @cached_property
    def lasting_hold_much(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            f"keys of {self.prefix} that never expire take at least 30% of the memory in use",
            lambda r: r.lasting_share(self.prefix) >= 0.3,
        )

    @cached_property
    def lasting_hold_little(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            f"keys of {self.prefix} that never expire take less than a tenth of the memory in use",
            lambda r: r.lasting_share(self.prefix) < 0.1,
        )

    @cached_property
    def others_expire(self) -> Evidence[E_contra, P_contra]:
        """What is in use, and goes when it is not."""
        return self.probe.shows(
            f"keys of other prefixes than {self.prefix} that expire take at least half of the memory in use",
            lambda r: r.expiring_share(but=self.prefix) >= 0.5,
        )

    @cached_property
    def few_others_expire(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            f"keys of other prefixes than {self.prefix} that expire take less than a quarter of the memory in use",
            lambda r: r.expiring_share(but=self.prefix) < 0.25,
        )


class AskedClients(Asked[E_contra, P_contra, Clients]):
    @cached_property
    def full(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            "at least 95% of maxclients are connected", lambda r: r.share >= 0.95, gauge="Redis clients"
        )

    @cached_property
    def room(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows("less than 80% of maxclients are connected", lambda r: r.share < 0.8)

    @cached_property
    def idle(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            "clients that stand still hold at least a third of maxclients", lambda r: r.meant >= r.limit / 3
        )

    @cached_property
    def few_idle(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            "clients that stand still hold less than a tenth of maxclients", lambda r: r.meant < r.limit / 10
        )


class AskedLetters(Asked[E_contra, P_contra, Letters]):
    @cached_property
    def some(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows("there are dead letters", lambda r: r.length > 0, gauge="dead letters")

    @cached_property
    def none(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows("there are no dead letters", lambda r: r.length == 0)

    @cached_property
    def hold_memory(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows("dead letters take at least half of the memory in use", lambda r: r.share >= 0.5)

    @cached_property
    def hold_little(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows("dead letters take less than a tenth of the memory in use", lambda r: r.share < 0.1)


class AskedBacklog(Asked[E_contra, P_contra, Backlog]):
    """Items without an id are no part of it: nobody could tell whether they were processed twice."""

    @cached_property
    def waits(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            "dead letters lie there that have an id, so that they can be processed again",
            lambda r: r.waits,
            gauge="dead letters",
        )

    @cached_property
    def gone(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows("no dead letter has an id", lambda r: not r.waits)

    @cached_property
    def still_come(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            "at least three dead letters came within five minutes for the first time", lambda r: r.still_come
        )

    @cached_property
    def come_no_more(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows("no dead letter came within five minutes for the first time", lambda r: r.come_no_more)

    @cached_property
    def returned(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            "at least three dead letters had been processed again and came back", lambda r: r.returned >= FEW
        )

    @cached_property
    def none_returned(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows("no dead letter had been processed again", lambda r: r.returned == 0)


def redis_ping(source: str = DEVISED) -> Probe[HasRedis, Form, Ping]:
    """Whether it answers, and why not."""

    @probe(read_ping, asks="Does Redis answer, and how fast; else why not?", source=source)
    def redis_ping(c: Context[HasRedis, Form]) -> Ping:
        return read_ping(c.env.redis)

    return redis_ping


def redis_memory(source: str = DEVISED) -> Probe[HasRedis, Form, Memory]:
    """How full it is."""

    def of(c: Context[HasRedis, Form]) -> MemoryOf:
        return MemoryOf(server=c.env.redis.where)

    @probe(
        read_memory, asks="How much of its memory does Redis use, and does it lose anything?", source=source, about=of
    )
    def redis_memory(c: Context[HasRedis, Form]) -> Memory:
        return read_memory(c.env.redis)

    return redis_memory


def redis_holders(prefix: str, source: str = DEVISED) -> Probe[HasRedis, Form, Prefixes]:
    """Who holds its memory; a change may touch `prefix`."""

    def of(c: Context[HasRedis, Form]) -> PrefixOf:
        return PrefixOf(prefix=prefix, db=c.env.redis.db)

    @probe(read_prefixes, asks="Which keys hold Redis' memory?", source=source, about=of)
    def redis_holders(c: Context[HasRedis, Form]) -> Prefixes:
        return read_prefixes(c.env.redis)

    return redis_holders


def redis_clients(whose: Callable[[Context[E, P]], ClientsOf], source: str = DEVISED) -> Probe[E, P, Clients]:
    """Who is connected, and how many of a selection stand still."""

    @probe(
        read_clients,
        asks="Who holds Redis' connections, and since when do they stand still?",
        source=source,
        about=whose,
    )
    def redis_clients(c: Context[E, P]) -> Clients:
        return read_clients(c.env.redis, whose(c))

    return redis_clients


def redis_letters(key: str, source: str = DEVISED) -> Probe[HasRedis, Form, Letters]:
    """How many dead letters there are."""

    def of(_c: Context[HasRedis, Form]) -> LettersOf:
        return LettersOf(key=key)

    @probe(read_letters, asks=f"How many items does {key} hold, how old and of which kinds?", source=source, about=of)
    def redis_letters(c: Context[HasRedis, Form]) -> Letters:
        return read_letters(c.env.redis, key)

    return redis_letters


def redis_backlog(key: str, source: str = DEVISED) -> Probe[HasRedis, Form, Backlog]:
    """Whether dead letters still come, and whether some came back."""

    def of(_c: Context[HasRedis, Form]) -> LettersOf:
        return LettersOf(key=key)

    @probe(read_backlog, asks=f"Do items of {key} still come, and did any come back?", source=source, about=of)
    def redis_backlog(c: Context[HasRedis, Form]) -> Backlog:
        return read_backlog(c.env.redis, key)

    return redis_backlog
