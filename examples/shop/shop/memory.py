"""Looks at what fills a Valkey: its memory as a whole, and what its keys take, by kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from journal import clock
from runbook import Facts, Permanent, Selection, look
from shop.valkey import Client, Valkey

AT_MOST = 20_000
"""Keys that one look takes. Of more, the first that the server names stand for all."""
TOGETHER = 500
READS = ("valkey:scan", "valkey:memory|usage:key", "valkey:hget:cart", "valkey:ttl:cart")


@dataclass(frozen=True, kw_only=True)
class CartsOf(Selection):
    """Carts that nobody has touched for longer than `untouched_for`, and that do not expire by themselves."""

    prefix: str
    untouched_for: timedelta

    def oldest(self) -> int:
        """The moment before which a cart must have been touched, in seconds since 1970."""
        return int((clock.now() - self.untouched_for).timestamp())


class Memory(Facts):
    """How full the server is, in bytes."""

    used: int
    limit: int
    policy: str

    @property
    def share(self) -> float:
        """Used share of the limit."""
        return self.used / self.limit

    def __str__(self) -> str:
        return f"{self.used / 1e6:.1f} of {self.limit / 1e6:.1f} MB used ({self.share:.0%}); policy {self.policy}"

    def figures(self) -> Mapping[str, tuple[float, str]]:
        return {"memory used": (round(100 * self.share, 1), "%")}


@look("valkey:info", bound="one answer")
def read_memory(valkey: Valkey) -> Memory:
    """How full the server is. Raises `Permanent` where it has no limit: there is no full then."""
    with valkey.reading() as client:
        told: Any = client.info("memory")
    if not told["maxmemory"]:
        raise Permanent("Valkey has no maxmemory, so it takes what the machine has; set one.")
    return Memory(used=told["used_memory"], limit=told["maxmemory"], policy=told["maxmemory_policy"])


class Keys(Facts):
    """What the keys take, in bytes. `abandoned` are carts of the selection; `largest` is one key of all."""

    seen: int
    taken: int
    kinds: dict[str, int]
    abandoned: int
    abandoned_taken: int
    live_taken: int
    largest: str
    largest_taken: int

    def of_taken(self, taken: int) -> float:
        """Bytes as a share of what all keys take."""
        return taken / self.taken if self.taken else 0.0

    def __str__(self) -> str:
        kinds = ", ".join(f"{kind} {taken / 1e6:.1f} MB" for kind, taken in self.kinds.items())
        return (
            f"{self.seen} keys ({kinds or 'none'}); {self.abandoned} abandoned carts take"
            f" {self.abandoned_taken / 1e6:.1f} MB, the largest key, of kind {self.largest or 'none'},"
            f" {self.largest_taken / 1e6:.1f} MB"
        )


@look(*READS, bound=f"{AT_MOST} keys")
def read_keys(valkey: Valkey, carts: CartsOf) -> Keys:
    """What the keys take, by kind: what stands before the first colon of their names."""
    kinds: Counter[str] = Counter()
    largest, seen, abandoned, live_taken = ("", 0), 0, 0, 0
    abandoned_taken = 0
    with valkey.reading() as client:
        for names in together(client, "*"):
            seen += len(names)
            left = {name for name, _ in untouched(client, carts, [n for n in names if n.startswith(carts.prefix)])}
            for name, taken in zip(names, usage(client, names), strict=True):
                kind = name.partition(":")[0]
                kinds[kind] += taken
                largest = max(largest, (kind, taken), key=lambda one: one[1])
                if name in left:
                    abandoned, abandoned_taken = abandoned + 1, abandoned_taken + taken
                elif name.startswith(carts.prefix):
                    live_taken += taken
    return Keys(
        seen=seen,
        taken=sum(kinds.values()),
        kinds=dict(kinds.most_common(5)),
        abandoned=abandoned,
        abandoned_taken=abandoned_taken,
        live_taken=live_taken,
        largest=largest[0],
        largest_taken=largest[1],
    )


def together(client: Client, pattern: str) -> Iterator[list[str]]:
    """Names of keys, some hundreds at a time; each once, since a scan may tell a key twice."""
    cursor, told = 0, set[str]()
    while len(told) < AT_MOST:
        found: Any = client.scan(cursor, match=pattern, count=TOGETHER)
        cursor, names = found
        fresh = [name for name in dict.fromkeys(names) if name not in told]
        told.update(fresh)
        if fresh:
            yield fresh
        if not cursor:
            return


def usage(client: Client, names: list[str]) -> list[int]:
    """What each key takes; nothing for one that is gone meanwhile."""
    with client.pipeline(transaction=False) as many:
        for name in names:
            many.execute_command("MEMORY USAGE", name)
        return [taken or 0 for taken in many.execute()]


def untouched(client: Client, carts: CartsOf, names: list[str]) -> list[tuple[str, int]]:
    """Those of the carts that the selection means, with the moment when each was touched."""
    with client.pipeline(transaction=False) as many:
        for name in names:
            many.hget(name, "touched_at")
            many.ttl(name)
        told = many.execute()
    oldest = carts.oldest()
    pairs = zip(names, told[::2], told[1::2], strict=True)
    return [(name, int(at)) for name, at, ttl in pairs if at is not None and int(at) < oldest and ttl == -1]
